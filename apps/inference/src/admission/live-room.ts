import { LatencyWatch } from './latency-watch.js';

/** Finals of each stream that must have been early before another stream is taken on. */
const PROOF = 2;
/** The most that is ever taken on, in parts of what was measured at start. */
const MOST = 3;
/** Parts of capacities are sums of fractions. */
const ROUNDING = 1e-9;

/**
 * How much live speech this process takes on: what was measured at start, which errs on the safe side, and one stream more each time all
 * of that is in use and finals are early all the same; back to less than it has once they are late. Additive increase as congestion
 * control has it (Chiu and Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989).
 */
export class LiveRoom {
  private readonly finals = new LatencyWatch();
  private streams = 0;
  private used = 0;
  private most = 1;
  /** Finals since all of it is in use. */
  private proof = 0;

  /** @param grows  whether more than 1 may be in use */
  constructor(private readonly grows: boolean) {}

  /** In parts of the machine as it was measured, from 1. */
  get limit(): number {
    return this.most;
  }

  /** 0 idle … 1 full. */
  get load(): number {
    return this.used / this.most;
  }

  /** @param part  of the machine as it was measured, that a stream uses */
  hasRoom(part: number): boolean {
    return this.used + part <= this.most + ROUNDING && !this.finals.isBehind();
  }

  hold(part: number): void {
    this.streams += 1;
    this.used += part;
    this.proof = 0;
  }

  giveBack(part: number): void {
    this.streams -= 1;
    this.proof = 0;
    this.used = this.streams === 0 ? 0 : this.used - part;
    if (this.streams === 0) this.finals.forget();
  }

  /** A final was sent so long after its end was known. @returns whether the limit has changed */
  noteFinal(ms: number): boolean {
    this.finals.note(ms);
    if (!this.grows || this.streams === 0) return false;
    const part = this.used / this.streams;
    if (this.finals.isBehind()) return this.moveTo(Math.max(1, Math.min(this.most, this.used - part)));
    if (this.used + part <= this.most + ROUNDING) return false;
    this.proof += 1;
    const wanted = PROOF * this.streams;
    if (this.proof < wanted || !this.finals.areEarly(wanted)) return false;
    return this.moveTo(Math.min(MOST, this.most + part));
  }

  private moveTo(limit: number): boolean {
    const hasChanged = Math.abs(limit - this.most) > ROUNDING;
    this.most = limit;
    this.proof = 0;
    return hasChanged;
  }
}
