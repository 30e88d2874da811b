import { autoscale } from './autoscale.js';
import { EventQueue } from './event-queue.js';
import { Fleet } from './fleet.js';
import { WARM_UP_SECONDS, type Load } from './load.js';
import type { PolicySettings } from './policy.js';
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
  const { pod, load: loadSettings } = scenario;
  const queue = new EventQueue();
  const wait = new QueueWait(pod.capacity, scenario.decode);
  let cut = 0;
  const fleet = new Fleet(queue, pod, randomSource(seed, 2), {
    slotFreed: () => starts.retry(),
    cut: (streams) => (cut += streams),
  });
  const starts = new StartQueue(queue, fleet, scenario.startWaitSeconds);
  const replicas = initialReplicas(scenario, policy, load);
  fleet.createReady(replicas);
  playArrivals(queue, load, starts);
  if (policy.kind !== 'fixed')
    autoscale({ scenario, policy, queue, fleet, starts, wait, phases: randomSource(seed, 3) }, replicas);

  const timeline: Moment[] = [];
  queue.repeat(0, MOMENT_SECONDS, () =>
    timeline.push({ at: queue.now, pods: fleet.pods.size, held: fleet.held, refused: starts.refused }),
  );
  queue.runUntil(WARM_UP_SECONDS);
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
