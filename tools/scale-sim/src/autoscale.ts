import { StreamDemand } from '@parlance/scaling';
import type { EventQueue } from './event-queue.js';
import type { Fleet } from './fleet.js';
import { HpaController } from './hpa/hpa-controller.js';
import { hpaMetrics, podSampleMilli, type PolicySettings } from './policy.js';
import type { QueueWait } from './queue-wait.js';
import type { RandomSource } from './random.js';
import type { Scenario } from './scenario.js';
import type { StartQueue } from './start-queue.js';

export type ScaledPolicy = Exclude<PolicySettings, { readonly kind: 'fixed' }>;

/** A cluster whose replicas follow a policy. */
export interface ScaledCluster {
  readonly scenario: Scenario;
  readonly policy: ScaledPolicy;
  readonly queue: EventQueue;
  readonly fleet: Fleet;
  readonly starts: StartQueue;
  readonly wait: QueueWait;
  /** Readings and syncs of a cluster begin at any moment. */
  readonly phases: RandomSource;
}

/** Has the pods read, and the autoscaler sync, from now on. @param replicas  that there are */
export function autoscale(cluster: ScaledCluster, replicas: number): void {
  const { policy, scenario, phases } = cluster;
  const demand = policy.kind === 'capacity' ? new StreamDemand(policy.demand) : undefined;
  if (policy.kind === 'capacity' && demand)
    repeat(cluster, policy.observeSeconds, () => observe(cluster, demand));
  else repeat(cluster, scenario.scrapeSeconds, () => scrape(cluster));

  const { minReplicas, maxReplicas, hpa } = scenario;
  const controller = new HpaController({ minReplicas, maxReplicas, behavior: policy.behavior }, hpa);
  const { queue, fleet, wait } = cluster;
  let current = replicas;
  repeat({ queue, phases }, hpa.syncSeconds, () => {
    const target = { current, present: current, pods: [...fleet.pods] };
    const next = controller.sync(queue.now, hpaMetrics(policy, wait, demand), target);
    if (next > current) fleet.create(next - current);
    if (next < current) fleet.remove(current - next);
    current = next;
  });
}

function repeat(
  { queue, phases }: Pick<ScaledCluster, 'queue' | 'phases'>,
  seconds: number,
  work: () => void,
): void {
  queue.repeat(phases.uniform() * seconds, seconds, work);
}

/** What the operator reads of the pods, and sets for the next scale-down: those with the fewest streams go first. */
function observe({ queue, fleet, starts, wait }: ScaledCluster, demand: StreamDemand): void {
  demand.note({
    at: queue.now,
    held: fleet.held,
    waiting: starts.waiting,
    refused: starts.refused,
    queueWaitSeconds: wait.fleetMeanSeconds(fleet.servingByHeld),
  });
  for (const pod of fleet.pods) pod.deletionCost = pod.held;
}

/** What metrics-server, or the adapter of custom metrics, reads of the pods. */
function scrape({ queue, fleet, policy, wait, scenario }: ScaledCluster): void {
  const { scrapeSeconds, cpuAtCapacity } = scenario;
  for (const pod of fleet.pods) {
    if (pod.isPending) continue;
    const { held, isReady, isTerminating } = pod;
    const meanHeld = pod.meanHeld(queue.now, scrapeSeconds);
    const milli = podSampleMilli(
      policy,
      { isServing: isReady || isTerminating, meanHeld, held },
      wait,
      cpuAtCapacity,
    );
    if (milli !== undefined) pod.sample = { milli, at: queue.now, windowSeconds: scrapeSeconds };
  }
}
