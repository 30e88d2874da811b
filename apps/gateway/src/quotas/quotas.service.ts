import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AppError } from '@parlance/errors';
import { ALL_DAYS, usageId, UsageLedger, type UsageCounts, type UsageName } from '@parlance/persistence';
import { counter, tenantLabel } from '@parlance/telemetry';
import { TenantSlots, type WantedSlot } from '../auth/tenant-slots.service.js';
import { StorageLevels } from '../recordings/storage-levels.service.js';
import { TokenBucket } from '../socketio/token-bucket.js';
import { QuotaLimits } from './quota-limits.service.js';
import {
  COUNTED_QUOTA_NAMES,
  COUNTED_QUOTAS,
  DAY_SECONDS,
  inUnits,
  rowOf,
  secondsToMidnight,
  type CountedQuota,
  type QuotaName,
  type QuotaState,
} from './quota-state.js';
import type { QuotaSubject, ScopedLimits } from './quota-subject.js';

/** A request that is over with its answer, or something that stays open. */
export type AdmissionKind = 'request' | 'stream';

/** Counts audio as it comes. */
export interface AudioMeter {
  /** @param ms  of audio that is about to be recognised @throws AppError quota.audio_exceeded */
  add(ms: number): void;
}

/** How far a limit of the tenant, a key or a learner is used. */
export interface ScopedQuotaState extends QuotaState, Pick<ScopedLimits, 'scope' | 'id'> {}

const MOST_BUCKETS = 20_000;
const AUDIO_STEP_MS = 100;

const audioSeconds = () => counter('parlance_audio_seconds_total');
const refusals = () => counter('parlance_quota_refusals_total');

/** Holds callers of every API to the limits of their tenant, their key and their learner, and counts what they use. */
@Injectable()
export class Quotas {
  /** Requests a second: buckets of this replica. */
  private readonly buckets = new LRUCache<string, TokenBucket>({ max: MOST_BUCKETS });

  constructor(
    private readonly limits: QuotaLimits,
    private readonly slots: TenantSlots,
    private readonly ledger: UsageLedger,
    private readonly levels: StorageLevels,
  ) {}

  /**
   * Lets a call in and counts it.
   * @returns a function to call when it is over; only the first call counts
   * @throws AppError quota.requests_exceeded, quota.streams_exceeded; quota.exceeded where the tenant has too much open
   */
  async admit(subject: QuotaSubject, kind: AdmissionKind): Promise<() => void> {
    const scoped = await this.limits.of(subject);
    this.removeTokens(subject, scoped);
    const limited = kind === 'stream' ? scoped.filter(({ limits }) => limits.concurrentStreams) : [];
    const rows = limited.map((each) => streamRow(subject, each));
    if (rows.length > 0) await this.ledger.watch(rows);
    const release = this.slots.acquire(
      subject.tenant,
      limited.map((each) => this.streamSlot(subject, each)),
    );
    this.count(subject, { requests: 1 });
    if (rows.length === 0) return release;
    const tell = () => rows.forEach((row) => this.ledger.setOpen(row, this.slots.openOf(usageId(row))));
    tell();
    return () => {
      release();
      tell();
    };
  }

  /** @throws AppError quota.audio_exceeded, where the day's audio is used up */
  async openAudio(subject: QuotaSubject): Promise<AudioMeter> {
    const scoped = await this.require(subject, ['audio']);
    const isLimited = scoped.some(({ limits }) => COUNTED_QUOTAS.audio.limitOf(limits) > 0);
    return {
      add: (ms) => {
        const labels = { tenant: tenantLabel(subject.tenant) };
        // In small steps, so that a long piece ends where the limit is.
        const step = isLimited ? AUDIO_STEP_MS : ms;
        for (let left = ms; left > 0; left -= step) {
          this.refuseUsedUp(subject, scoped, 'audio');
          this.count(subject, { audioMs: Math.min(step, left) });
          audioSeconds().inc(labels, Math.min(step, left) / 1_000);
        }
      },
    };
  }

  /** @throws AppError quota.audio_exceeded, quota.tokens_exceeded, quota.storage_exceeded, where one is used up */
  async require(subject: QuotaSubject, quotas: readonly CountedQuota[]): Promise<readonly ScopedLimits[]> {
    const scoped = await this.limits.of(subject);
    await this.watch(subject, scoped, quotas);
    if (quotas.includes('storage')) this.checkStorage(subject, scoped);
    for (const quota of quotas) this.refuseUsedUp(subject, scoped, quota);
    return scoped;
  }

  count(subject: QuotaSubject, counts: UsageCounts): void {
    this.ledger.count(subject, counts);
  }

  /** Every limit that holds for the subject, and how far it is used. */
  async states(subject: QuotaSubject, now = Date.now()): Promise<ScopedQuotaState[]> {
    const scoped = await this.limits.of(subject);
    await this.watch(subject, scoped, COUNTED_QUOTA_NAMES);
    const limited = scoped.filter(({ limits }) => limits.concurrentStreams);
    await this.ledger.watch(limited.map((each) => streamRow(subject, each)));
    return scoped.flatMap((each) => {
      const { scope, id, limits } = each;
      const { requestsPerSecond: rate, concurrentStreams: streams } = limits;
      const bucket = this.bucketOf(subject, each);
      return [
        ...(rate && bucket
          ? [
              {
                quota: 'requests',
                limit: burstOf(rate),
                used: burstOf(rate) - bucket.left,
                resetSeconds: 1,
                windowSeconds: 1,
              },
            ]
          : []),
        ...(streams
          ? [
              {
                ...{ quota: 'streams', limit: streams, used: this.openOf(streamRow(subject, each)) },
                ...{ resetSeconds: undefined, windowSeconds: undefined },
              },
            ]
          : []),
        ...COUNTED_QUOTA_NAMES.flatMap((quota) => this.countedState(subject, each, quota, now)),
      ].map((state) => ({ scope, id, ...state }) as ScopedQuotaState);
    });
  }

  /** A space that is full only by what was counted is found out. */
  private checkStorage(subject: QuotaSubject, scoped: readonly ScopedLimits[]): void {
    for (const each of scoped)
      for (const { used, limit } of this.countedState(subject, each, 'storage', Date.now())) {
        if (each.scope === 'tenant') this.levels.check(subject.tenant, used >= limit);
        if (each.scope === 'learner' && used >= limit) this.levels.checkLearner(subject.tenant, each.id);
      }
  }

  private openOf(row: UsageName): number {
    return this.slots.openOf(usageId(row)) + this.ledger.openElsewhere(row);
  }

  private streamSlot(subject: QuotaSubject, scoped: ScopedLimits): WantedSlot {
    const most = scoped.limits.concurrentStreams ?? 0;
    const row = streamRow(subject, scoped);
    const elsewhere = this.ledger.openElsewhere(row);
    return { name: usageId(row), most, elsewhere, refuse: () => refusal('streams', scoped, most, 1) };
  }

  private countedState(
    subject: QuotaSubject,
    scoped: ScopedLimits,
    quota: CountedQuota,
    now: number,
  ): QuotaState[] {
    const { limitOf, usedOf, isDaily } = COUNTED_QUOTAS[quota];
    const limit = limitOf(scoped.limits);
    if (!limit) return [];
    const used = usedOf(this.ledger.used(rowOf(subject.tenant, scoped, quota, now)));
    return [
      {
        ...{ quota, limit, used },
        resetSeconds: isDaily ? secondsToMidnight(now) : undefined,
        windowSeconds: isDaily ? DAY_SECONDS : undefined,
      },
    ];
  }

  /** Has rows that limits depend on read, and kept up to date. */
  private async watch(
    { tenant }: QuotaSubject,
    scoped: readonly ScopedLimits[],
    quotas: readonly CountedQuota[],
  ): Promise<void> {
    const now = Date.now();
    const names = scoped.flatMap((each) =>
      quotas
        .filter((quota) => COUNTED_QUOTAS[quota].limitOf(each.limits) > 0)
        .map((quota) => rowOf(tenant, each, quota, now)),
    );
    if (names.length > 0) await this.ledger.watch(names);
  }

  private refuseUsedUp(subject: QuotaSubject, scoped: readonly ScopedLimits[], quota: CountedQuota): void {
    const now = Date.now();
    for (const each of scoped)
      for (const { limit, used, resetSeconds } of this.countedState(subject, each, quota, now))
        if (used >= limit) throw refusal(quota, each, limit, resetSeconds);
  }

  /** All or none. */
  private removeTokens(subject: QuotaSubject, scoped: readonly ScopedLimits[]): void {
    const buckets = scoped.flatMap((each) => {
      const bucket = this.bucketOf(subject, each);
      return bucket ? [{ each, bucket }] : [];
    });
    for (const { each, bucket } of buckets)
      if (bucket.left < 1)
        throw refusal('requests', each, each.limits.requestsPerSecond ?? 0, Math.ceil(bucket.waitSeconds));
    for (const { bucket } of buckets) bucket.tryRemove();
  }

  private bucketOf({ tenant }: QuotaSubject, { scope, id, limits }: ScopedLimits): TokenBucket | undefined {
    const { requestsPerSecond: rate } = limits;
    if (!rate) return undefined;
    // Another rate is another bucket.
    const name = `${tenant}/${scope}/${rate}/${id}`;
    const known = this.buckets.get(name);
    if (known) return known;
    const bucket = new TokenBucket({ burst: burstOf(rate), perSecond: rate });
    this.buckets.set(name, bucket);
    return bucket;
  }
}

/** A second's requests at once, one at least. */
function burstOf(perSecond: number): number {
  return Math.max(1, Math.floor(perSecond));
}

/** The row that says what each replica has open. */
function streamRow({ tenant }: QuotaSubject, { scope, id }: ScopedLimits): UsageName {
  return { tenant, scope, id, day: ALL_DAYS };
}

const MEANINGS: Readonly<Record<QuotaName, (limit: number) => string>> = {
  requests: (limit) => `may send ${limit} requests a second`,
  streams: (limit) => `may have ${limit} streams open at once`,
  audio: (limit) => `may send ${Math.round((limit / 60_000) * 100) / 100} minutes of audio a day`,
  tokens: (limit) => `may use ${limit} tokens of language models a day`,
  storage: (limit) => `may keep ${limit} bytes of recordings`,
};

function refusal(
  quota: QuotaName,
  { scope }: ScopedLimits,
  limit: number,
  retryAfterSeconds?: number,
): AppError {
  refusals().inc({ quota, scope });
  return new AppError(`quota.${quota}_exceeded`, `The ${scope} ${MEANINGS[quota](limit)}.`, {
    details: { quota, scope, limit: inUnits(quota, limit) },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
