/** Jobs whose pace is remembered. */
const REMEMBERED = 16;
const MIN_SECONDS = 1;
const MAX_SECONDS = 30;

/** How fast a full queue empties, from the jobs that left it last. */
export class DrainRate {
  private readonly leftAt: number[] = [];

  /** A job has left the queue. @param now  ms */
  note(now: number): void {
    this.leftAt.push(now);
    if (this.leftAt.length > REMEMBERED) this.leftAt.shift();
  }

  /** When whoever is refused now may find the queue half empty: whole seconds, 1 to 30. */
  retryAfterSeconds(queued: number, now: number): number {
    const [first] = this.leftAt;
    if (first === undefined) return MIN_SECONDS;
    const msPerJob = (now - first) / this.leftAt.length;
    return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, Math.ceil((msPerJob * queued) / 2000)));
  }
}
