/** Finals looked back on, and for how long one counts. */
const KEPT = 64;
const HORIZON_MS = 20_000;
/** With fewer there is no percentile to speak of. */
const FEWEST = 5;
/** Streams that are on may wait so long for a final, 95 times in a hundred, before others are turned away. */
const LIMIT_MS = 400;
/** Others are taken on where nearly all wait less than this: of the few finals that tell of it one or two may be late by chance. */
const EARLY_MS = 200;
const NEARLY_ALL = 0.85;

interface Final {
  readonly at: number;
  readonly ms: number;
}

/** Whether the finals of late came in time: 95 % of them within the limit. */
export class LatencyWatch {
  private readonly recent: Final[] = [];

  /** @param now  milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  note(ms: number): void {
    this.recent.push({ at: this.now(), ms });
    if (this.recent.length > KEPT) this.recent.shift();
  }

  /** There is nobody left whom it was about. */
  forget(): void {
    this.recent.length = 0;
  }

  isBehind(): boolean {
    const since = this.now() - HORIZON_MS;
    const counted = this.recent.filter(({ at }) => at >= since);
    return counted.length >= FEWEST && boundOf(counted, 0.95) > LIMIT_MS;
  }

  /** Whether the last so many leave time to spare; false with too few of them. */
  areEarly(count: number): boolean {
    const counted = this.recent.slice(-count);
    return counted.length >= FEWEST && boundOf(counted, NEARLY_ALL) <= EARLY_MS;
  }
}

/** What a share of them does not exceed. */
function boundOf(finals: readonly Final[], share: number): number {
  const sorted = finals.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] as number;
}
