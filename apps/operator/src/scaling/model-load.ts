import { StreamDemand, type DemandSettings } from '@parlance/scaling';
import type { ObservedPod, PodLoad } from '../observe/observed.js';

type ReadPod = ObservedPod & { readonly load: PodLoad };

/** What is known of a pod since a sample. */
interface KnownPod {
  /** Undefined where it was ready and could not be read. */
  readonly load: PodLoad | undefined;
}

/** How much one model is asked for, sample by sample, as @parlance/scaling says. */
export class ModelLoad {
  private readonly demand: StreamDemand;
  private known: ReadonlyMap<string, KnownPod> | undefined;
  /** Starts refused since the first sample, less the streams of pods that had only not been read before. */
  private growthBesides = 0;
  private points: readonly { readonly at: number; readonly percent: number }[] = [];
  private activeAt: number | undefined;

  constructor(readonly settings: DemandSettings) {
    this.demand = new StreamDemand(settings);
  }

  /** When a stream was last held, or the first sample was taken. */
  get lastActiveAt(): number | undefined {
    return this.activeAt;
  }

  /** @param pods  all of the model; those that end hold streams, and take none
   *  @param now  milliseconds
   *  @param keepMs  for how long the sample is remembered */
  sample(pods: readonly ObservedPod[], now: number, keepMs: number): void {
    const present = pods.filter(({ isReady, isTerminating }) => isReady || isTerminating);
    const read = present.filter(isRead);
    if (this.activeAt === undefined || read.some(({ load }) => load.streams > 0)) this.activeAt = now;
    this.noteChanges(present);
    this.points = this.points.filter(({ at }) => at >= now - keepMs);
    const capacity = capacityOf(read);
    if (capacity === undefined) return;
    this.demand.note({
      at: now / 1000,
      held: read.reduce((sum, { load }) => sum + load.streams, 0),
      // A start that finds no slot is refused by the pod, and counted there.
      waiting: 0,
      refused: this.growthBesides,
      queueWaitSeconds: meanWaitSeconds(read),
    });
    const percent = (100 * (this.demand.wantedStreams() ?? 0)) / capacity;
    this.points = [...this.points, { at: now, percent }];
  }

  /** @returns the most that was wanted since a time, in per cent of one pod; undefined without a sample since `freshSince` */
  mostSince(from: number, freshSince: number): number | undefined {
    const last = this.points.at(-1);
    if (!last || last.at < freshSince) return undefined;
    return Math.max(
      last.percent,
      ...this.points.filter(({ at }) => at >= from).map((point) => point.percent),
    );
  }

  /** Adds what pods refused since the sample before. A pod that was there and could not be read brings no new streams when it can, and
   *  takes none away when it cannot any more: an operator that has just started sees no growth in finding its pods. */
  private noteChanges(present: readonly ObservedPod[]): void {
    for (const { uid, load } of present) {
      const before = this.known?.get(uid);
      const wasRead = before?.load;
      if (load && wasRead)
        this.growthBesides += load.refused >= wasRead.refused ? load.refused - wasRead.refused : load.refused;
      else if (load && this.known && !before) this.growthBesides += load.refused;
      else if (load && before) this.growthBesides -= load.streams;
      else if (wasRead) this.growthBesides += wasRead.streams;
    }
    this.known = new Map(present.map(({ uid, load }) => [uid, { load }]));
  }
}

const isRead = (pod: ObservedPod): pod is ReadPod => pod.load !== undefined;

/** Streams that a pod holds, on average of those that take any. */
function capacityOf(pods: readonly ReadPod[]): number | undefined {
  const capacities = pods
    .filter(({ isReady, isTerminating, load }) => isReady && !isTerminating && load.capacity > 0)
    .map(({ load }) => load.capacity);
  return capacities.length === 0
    ? undefined
    : capacities.reduce((sum, capacity) => sum + capacity, 0) / capacities.length;
}

/** Mean over all jobs of all pods. */
function meanWaitSeconds(pods: readonly ReadPod[]): number {
  const jobs = pods.reduce((sum, { load }) => sum + load.jobs, 0);
  const waitedMs = pods.reduce((sum, { load }) => sum + load.jobs * load.queueWaitMs, 0);
  return jobs === 0 ? 0 : waitedMs / jobs / 1000;
}
