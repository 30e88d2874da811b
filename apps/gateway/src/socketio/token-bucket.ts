export interface Rate {
  /** So many at once. */
  readonly burst: number;
  /** So many in the long run. */
  readonly perSecond: number;
}

/** Limits a rate by tokens that come back with time. */
export class TokenBucket {
  private tokens: number;
  private countedAt: number;

  /** @param now  a monotonic clock, milliseconds */
  constructor(
    private readonly rate: Rate,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = rate.burst;
    this.countedAt = now();
  }

  /** Removes a token. @returns false where there was none */
  tryRemove(): boolean {
    if (this.left < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Tokens there are now; a part of one is none yet. */
  get left(): number {
    const { burst, perSecond } = this.rate;
    const now = this.now();
    this.tokens = Math.min(burst, this.tokens + ((now - this.countedAt) / 1000) * perSecond);
    this.countedAt = now;
    return this.tokens;
  }

  /** Until there is a token. */
  get waitSeconds(): number {
    return Math.max(0, 1 - this.left) / this.rate.perSecond;
  }
}
