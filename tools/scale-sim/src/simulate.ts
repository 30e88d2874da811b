import { StreamDemand } from '@parlance/scaling';
import { EventQueue } from './event-queue.js';
import { Fleet } from './fleet.js';
import { HpaController } from './hpa/hpa-controller.js';
import { SETTLE_SECONDS, type Load } from './load.js';
import { hpaMetrics, podSampleMilli, type PolicySettings } from './policy.js';
import { QueueWait } from './queue-wait.js';
import { randomSource } from './random.js';
import type { Scenario } from './scenario.js';
import { StartQueue } from './start-queue.js';

/** What a day came to, its first hour left out. */
export interface Outcome {
  readonly starts: number;
  readonly refused: number;
  /** Streams that a pod's end cut off. */
  readonly cut: number;
  /** From the first try to the slot, of streams that got one. */
  readonly startWaitP95: number;
  readonly startWaitP99: number;
  /** Of decodes, for a worker. */
  readonly queueWaitP95: number;
  readonly podHours: number;
  readonly mostPods: number;
  readonly timeline: readonly Moment[];
}

export interface Moment {
  readonly at: number;
  readonly pods: number;
  readonly held: number;
  readonly refused: number;
}

const MOMENT_SECONDS = 30;

/** Plays one load against one policy. The same arguments give the same outcome. */
export function simulate(scenario: Scenario, policy: PolicySettings, load: Load, seed: number): Outcome {
  const { pod, scrapeSeconds, hpa, load: loadSettings } = scenario;
  const queue = new EventQueue();
  const wait = new QueueWait(pod.capacity, scenario.decode);
  let cut = 0;
  const fleet = new Fleet(queue, pod, randomSource(seed, 2), {
    slotFreed: () => starts.retry(),
    cut: (streams) => (cut += streams),
  });
  const starts = new StartQueue(queue, fleet, scenario.startWaitSeconds);
  let replicas = initialReplicas(scenario, policy, load);
  fleet.createReady(replicas);
  playArrivals(queue, load, starts);

  if (policy.kind !== 'fixed') {
    const behavior = policy.behavior;
    const { minReplicas, maxReplicas } = scenario;
    const controller = new HpaController({ minReplicas, maxReplicas, behavior }, hpa);
    const demand = policy.kind === 'capacity' ? new StreamDemand(policy.demand) : undefined;
    const phases = randomSource(seed, 3);
    if (policy.kind === 'capacity')
      queue.repeat(phases.uniform() * policy.observeSeconds, policy.observeSeconds, () => {
        demand?.note({
          at: queue.now,
          held: fleet.held,
          waiting: starts.waiting,
          refused: starts.refused,
          queueWaitSeconds: wait.fleetMeanSeconds(fleet.servingByHeld),
        });
        for (const each of fleet.pods) each.deletionCost = each.held;
      });
    else
      queue.repeat(phases.uniform() * scrapeSeconds, scrapeSeconds, () => {
        for (const each of fleet.pods) {
          if (each.isPending) continue;
          const meanHeld = each.meanHeld(queue.now, scrapeSeconds);
          const { held, isReady, isTerminating } = each;
          const served = { isServing: isReady || isTerminating, meanHeld, held };
          const milli = podSampleMilli(policy, served, wait, scenario.cpuAtCapacity);
          if (milli !== undefined) each.sample = { milli, at: queue.now, windowSeconds: scrapeSeconds };
        }
      });
    queue.repeat(phases.uniform() * hpa.syncSeconds, hpa.syncSeconds, () => {
      const target = { current: replicas, present: replicas, pods: [...fleet.pods] };
      const next = controller.sync(queue.now, hpaMetrics(policy, wait, demand), target);
      if (next > replicas) fleet.create(next - replicas);
      if (next < replicas) fleet.remove(replicas - next);
      replicas = next;
    });
  }

  const timeline: Moment[] = [];
  queue.repeat(0, MOMENT_SECONDS, () =>
    timeline.push({ at: queue.now, pods: fleet.pods.size, held: fleet.held, refused: starts.refused }),
  );
  queue.runUntil(SETTLE_SECONDS);
  fleet.resetCounts();
  const before = { starts: starts.tried, refused: starts.refused, cut };
  starts.resetWaits();
  queue.runUntil(loadSettings.hours * 3600);
  fleet.count();
  return {
    starts: starts.tried - before.starts,
    refused: starts.refused - before.refused,
    cut: cut - before.cut,
    startWaitP95: starts.waitQuantile(0.95),
    startWaitP99: starts.waitQuantile(0.99),
    queueWaitP95: wait.fleetQuantileSeconds(fleet.secondsByHeld, 0.95),
    podHours: fleet.podSeconds / 3600,
    mostPods: Math.max(...timeline.map(({ pods }) => pods)),
    timeline,
  };
}

/** Enough for the first hour's load, the same for every policy. */
function initialReplicas(
  { load, pod, minReplicas }: Scenario,
  policy: PolicySettings,
  { rateAt }: Load,
): number {
  if (policy.kind === 'fixed') return policy.replicas;
  return Math.max(minReplicas, Math.ceil((rateAt(0) * load.streamSeconds) / (0.7 * pod.capacity)));
}

function playArrivals(queue: EventQueue, { arrivals, durations }: Load, starts: StartQueue): void {
  const playNext = (index: number): void => {
    const at = arrivals[index];
    if (at === undefined) return;
    queue.schedule(at - queue.now, () => {
      starts.start(durations[index]!);
      playNext(index + 1);
    });
  };
  playNext(0);
}
