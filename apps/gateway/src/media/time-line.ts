import { SPEECH_RATE_HZ } from '@parlance/audio';

/** Containers round their times, and microphones jitter: only what stands further off than this was silence. */
const TOLERANCE = 0.08 * SPEECH_RATE_HZ;
/** A packet so far before its place begins a time line of its own: two recordings in one file. */
const RESTART = SPEECH_RATE_HZ;
/** A first packet further off stands on another clock: the file is a piece of a longer stream. */
const LONGEST_LEAD = 300 * SPEECH_RATE_HZ;

/** Places the packets of a file where a player plays them. Samples are never dropped; positions count samples. */
export class TimeLine {
  /** Where the samples so far end. */
  private reached = 0;
  /** What the packets' own times are behind ours. */
  private origin = 0;

  /** @returns samples of silence that stand before a packet which its container places at `at` */
  add(at: number, samples: number): number {
    const behind = at + this.origin - this.reached;
    const isElsewhere = behind < -RESTART || (this.reached === 0 && behind > LONGEST_LEAD);
    if (isElsewhere) this.origin -= behind;
    const silence = !isElsewhere && behind > TOLERANCE ? behind : 0;
    this.reached += silence + samples;
    return silence;
  }

  get position(): number {
    return this.reached;
  }
}
