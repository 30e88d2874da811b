import type { Activity } from '@parlance/contracts';
import { ActivityBucket, type WindowTotals } from './activity-bucket.js';

/** How finely time is divided: a window's edge is off by less. */
const BUCKET_MS = 5_000;
export const MINUTE_MS = 60_000;

/** The windows that are told, by their names. */
export const WINDOWS = { '1m': MINUTE_MS, '5m': 5 * MINUTE_MS, '1h': 60 * MINUTE_MS } as const;
export type WindowName = keyof typeof WINDOWS;
const LONGEST_MS = WINDOWS['1h'];

/** What became of an activity: `late` is older than the bound, `future` comes from a clock that is ahead by more. */
export type ActivityOutcome = 'counted' | 'double' | 'late' | 'future';

/**
 * Sliding windows over activities by the time at which they happened. Those of the same id count once, in whatever order they come; one
 * that comes later than the bound, measured from the newest time that was seen, is left out.
 */
export class ActivityWindows {
  /** By tenant, then by the number of the bucket. */
  private readonly tenants = new Map<string, Map<number, ActivityBucket>>();
  /** When each id happened, for as long as it could come again. */
  private readonly seen = new Map<string, number>();
  private newest = 0;
  private prunedAt = 0;
  readonly outcomes: Record<ActivityOutcome, number> = { counted: 0, double: 0, late: 0, future: 0 };

  /** @param latenessMs  how late an activity may come, and how far ahead of `now` a clock may be */
  constructor(private readonly latenessMs: number) {}

  push(activity: Activity, now = Date.now()): ActivityOutcome {
    const outcome = this.judge(activity, now);
    this.outcomes[outcome] += 1;
    if (outcome !== 'counted') return outcome;
    const at = Date.parse(activity.at);
    this.newest = Math.max(this.newest, at);
    this.seen.set(`${activity.tenant}/${activity.id}`, at);
    this.bucketOf(activity.tenant, at).add(activity);
    this.prune();
    return outcome;
  }

  /** What happened in the time before `now`. */
  totals(tenant: string, window: WindowName, now = Date.now()): WindowTotals {
    const [first, last] = [numberOf(now - WINDOWS[window]), numberOf(now)];
    const sum = new ActivityBucket();
    for (const [number, bucket] of this.tenants.get(tenant) ?? [])
      if (number > first && number <= last) sum.include(bucket);
    return sum.totals();
  }

  private judge({ tenant, id, at: text }: Activity, now: number): ActivityOutcome {
    const at = Date.parse(text);
    if (at > now + this.latenessMs) return 'future';
    if (at < this.newest - this.latenessMs) return 'late';
    return this.seen.has(`${tenant}/${id}`) ? 'double' : 'counted';
  }

  private bucketOf(tenant: string, at: number): ActivityBucket {
    const buckets = this.tenants.get(tenant) ?? new Map<number, ActivityBucket>();
    this.tenants.set(tenant, buckets);
    const number = numberOf(at);
    const bucket = buckets.get(number) ?? new ActivityBucket();
    buckets.set(number, bucket);
    return bucket;
  }

  /** Forgets what no window reaches any more, and ids that would be late. */
  private prune(): void {
    if (this.newest - this.prunedAt < BUCKET_MS) return;
    this.prunedAt = this.newest;
    const oldest = numberOf(this.newest - LONGEST_MS - this.latenessMs);
    for (const [tenant, buckets] of this.tenants) {
      for (const number of buckets.keys()) if (number < oldest) buckets.delete(number);
      if (buckets.size === 0) this.tenants.delete(tenant);
    }
    for (const [id, at] of this.seen) if (at < this.newest - this.latenessMs) this.seen.delete(id);
  }
}

function numberOf(at: number): number {
  return Math.floor(at / BUCKET_MS);
}
