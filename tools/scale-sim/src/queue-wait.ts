import { erlangC } from './erlang.js';

/** What decoding of live streams asks of a pod's workers. */
export interface DecodeSettings {
  readonly workers: number;
  /** Share of the workers' time that a full pod's streams fill. */
  readonly utilisationAtCapacity: number;
  /** Decodes that a stream asks for each second, on average. */
  readonly decodesPerSecond: number;
}

/** How long decodes wait for a worker in a pod that holds so many streams: M/M/c, decodes being short and of many streams. */
export class QueueWait {
  private readonly shareWaiting: number[];
  private readonly drainRate: number[];
  private readonly decodeSeconds: number;

  constructor(
    readonly capacity: number,
    private readonly settings: DecodeSettings,
  ) {
    const { workers, utilisationAtCapacity, decodesPerSecond } = settings;
    this.decodeSeconds = (utilisationAtCapacity * workers) / (capacity * decodesPerSecond);
    const held = Array.from({ length: capacity + 1 }, (_, streams) => streams);
    this.shareWaiting = held.map((streams) => this.shareWaitingAt(streams));
    this.drainRate = held.map((streams) => this.drainRateAt(streams));
  }

  /** @param held  streams; between whole numbers too */
  meanSeconds(held: number): number {
    return this.shareWaitingAt(held) / this.drainRateAt(held);
  }

  private shareWaitingAt(held: number): number {
    return erlangC(this.settings.workers, held * this.settings.decodesPerSecond * this.decodeSeconds);
  }

  /** How much faster the workers are than what comes, decodes a second. */
  private drainRateAt(held: number): number {
    return this.settings.workers / this.decodeSeconds - held * this.settings.decodesPerSecond;
  }

  /** Mean over all decodes of a fleet. @param podsByHeld  pods that hold 0, 1, 2, … streams, or their time */
  fleetMeanSeconds(podsByHeld: readonly number[]): number {
    let [waited, streams] = [0, 0];
    podsByHeld.forEach((pods, held) => {
      waited += (pods * held * this.shareWaiting[held]!) / this.drainRate[held]!;
      streams += pods * held;
    });
    return streams === 0 ? 0 : waited / streams;
  }

  /** The wait that a share of all decodes of a fleet stays within. */
  fleetQuantileSeconds(podsByHeld: readonly number[], share: number): number {
    const streams = podsByHeld.reduce((sum, pods, held) => sum + pods * held, 0);
    if (streams === 0) return 0;
    const longer = (seconds: number): number =>
      podsByHeld.reduce(
        (sum, pods, held) =>
          sum + pods * held * this.shareWaiting[held]! * Math.exp(-this.drainRate[held]! * seconds),
        0,
      ) / streams;
    let [low, high] = [0, 60];
    if (longer(0) <= 1 - share) return 0;
    while (high - low > 1e-6) {
      const middle = (low + high) / 2;
      if (longer(middle) > 1 - share) low = middle;
      else high = middle;
    }
    return high;
  }
}
