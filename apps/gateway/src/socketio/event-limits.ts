import type { VoiceClientEventName } from '@parlance/contracts';
import { TokenBucket, type Rate } from './token-bucket.js';

/** Chunks of 20 ms and more, also where they come as fast as a recording is read from a disk. */
const CHUNKS: Rate = { burst: 500, perSecond: 200 };
const CONTROLS: Rate = { burst: 30, perSecond: 10 };
/** Of events that are refused; a client that goes on beyond this is disconnected. */
const REFUSALS: Rate = { burst: 200, perSecond: 20 };
/** The client is told so often that it is refused. */
const NOTICES: Rate = { burst: 1, perSecond: 1 };

export type Verdict = 'pass' | 'refuse' | 'refuse in silence' | 'disconnect';

/** Limits how often one socket may send each event. Names that are no events share one limit. */
export class EventLimits {
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly refusals: TokenBucket;
  private readonly notices: TokenBucket;

  /** @param now  a monotonic clock, milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.refusals = new TokenBucket(REFUSALS, now);
    this.notices = new TokenBucket(NOTICES, now);
  }

  /** Counts an event. @param name  undefined: none that there is */
  judge(name: VoiceClientEventName | undefined): Verdict {
    if (this.bucketOf(name ?? '').tryRemove()) return 'pass';
    if (!this.refusals.tryRemove()) return 'disconnect';
    return this.notices.tryRemove() ? 'refuse' : 'refuse in silence';
  }

  private bucketOf(name: string): TokenBucket {
    const known = this.buckets.get(name);
    if (known) return known;
    const bucket = new TokenBucket(name === 'voice:audio-chunk' ? CHUNKS : CONTROLS, this.now);
    this.buckets.set(name, bucket);
    return bucket;
  }
}
