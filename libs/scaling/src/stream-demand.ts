import type { DemandSettings } from './scaling-defaults.js';

/** What the pods of one model, and the gateways before them, say at one moment. */
export interface FleetSample {
  /** Seconds of any clock that goes forward. */
  readonly at: number;
  /** Live streams that the pods hold. */
  readonly held: number;
  /** Starts that wait for a slot. */
  readonly waiting: number;
  /** Starts refused so far, a counter that only grows. */
  readonly refused: number;
  /** Mean time that a decode waited for a worker. */
  readonly queueWaitSeconds: number;
}

/**
 * How many live streams there will be when a pod that is asked for now is ready: those held and waiting, and as many as come
 * on top meanwhile at the pace of late. A full fleet holds no more however many come, so starts that were refused count as growth.
 */
export class StreamDemand {
  private readonly samples: FleetSample[] = [];

  constructor(private readonly settings: DemandSettings) {}

  note(sample: FleetSample): void {
    this.samples.push(sample);
    // The oldest is the last one from before the window, so that the window is covered.
    while (
      this.samples.length > 2 &&
      (this.samples[1]?.at ?? 0) <= sample.at - this.settings.growthWindowSeconds
    )
      this.samples.shift();
  }

  /** @returns streams to have slots for; undefined before the first sample */
  wantedStreams(): number | undefined {
    const last = this.samples.at(-1);
    if (!last) return undefined;
    const { leadSeconds, queueWaitLimitSeconds, queueWaitMostFactor } = this.settings;
    const present = last.held + last.waiting;
    const expected = present + leadSeconds * Math.max(0, this.growthPerSecond());
    const late = Math.min(queueWaitMostFactor, last.queueWaitSeconds / queueWaitLimitSeconds);
    return Math.max(expected, present * late);
  }

  /** Streams more each second, held, waiting or refused; what ended is counted off. */
  private growthPerSecond(): number {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last || last.at <= first.at) return 0;
    const more = last.held + last.waiting + last.refused - (first.held + first.waiting + first.refused);
    const chance = this.settings.chanceFactor * Math.sqrt(last.held + last.waiting);
    return (more - chance) / (last.at - first.at);
  }
}
