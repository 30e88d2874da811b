import type { Limits } from '@parlance/contracts';
import { ALL_DAYS, utcDay, type UsageCounts, type UsageName } from '@parlance/persistence';
import type { ScopedLimits } from './quota-subject.js';

/** What is limited, as headers, faults and metrics name it. */
export type QuotaName = 'requests' | 'streams' | 'audio' | 'tokens' | 'storage';

/** Quotas that are counted in the store, each with its limit and what counts towards it. */
export const COUNTED_QUOTAS = {
  audio: {
    /** In milliseconds. */
    limitOf: ({ audioMinutesPerDay }: Limits) => (audioMinutesPerDay ?? 0) * 60_000,
    usedOf: ({ audioMs }: UsageCounts) => audioMs ?? 0,
    isDaily: true,
  },
  tokens: {
    limitOf: ({ tokensPerDay }: Limits) => tokensPerDay ?? 0,
    usedOf: ({ inputTokens, outputTokens }: UsageCounts) => (inputTokens ?? 0) + (outputTokens ?? 0),
    isDaily: true,
  },
  storage: {
    limitOf: ({ storageBytes }: Limits) => storageBytes ?? 0,
    usedOf: ({ storedBytes, deletedBytes }: UsageCounts) =>
      Math.max(0, (storedBytes ?? 0) - (deletedBytes ?? 0)),
    isDaily: false,
  },
} as const;
export type CountedQuota = keyof typeof COUNTED_QUOTAS;
export const COUNTED_QUOTA_NAMES = Object.keys(COUNTED_QUOTAS) as readonly CountedQuota[];

/** How far a limit is used. */
export interface QuotaState {
  readonly quota: QuotaName;
  readonly limit: number;
  readonly used: number;
  /** Until it is whole again, seconds; undefined where time does not make it so. */
  readonly resetSeconds: number | undefined;
  /** Of the time that the limit is for, seconds. */
  readonly windowSeconds: number | undefined;
}

export const DAY_SECONDS = 86_400;

/** Until the day ends in UTC; at least one second. */
export function secondsToMidnight(now: number): number {
  const { [0]: day } = [utcDay(now)];
  return Math.max(1, Math.ceil((Date.parse(`${day}T00:00:00Z`) + DAY_SECONDS * 1000 - now) / 1000));
}

/** The row that a quota of a subject is counted in. */
export function rowOf(
  tenant: string,
  { scope, id }: ScopedLimits,
  quota: CountedQuota,
  now: number,
): UsageName {
  return { tenant, scope, id, day: COUNTED_QUOTAS[quota].isDaily ? utcDay(now) : ALL_DAYS };
}

/**
 * What tells a client how much is left: `RateLimit-Policy` and `RateLimit`, of draft-ietf-httpapi-ratelimit-headers. Of several limits of
 * one kind, the one that is nearest.
 */
export function rateLimitHeaders(states: readonly QuotaState[]): Record<string, string> {
  const nearest = new Map<QuotaName, QuotaState>();
  for (const state of states) {
    const known = nearest.get(state.quota);
    if (!known || leftOf(state) < leftOf(known)) nearest.set(state.quota, state);
  }
  if (nearest.size === 0) return {};
  const all = [...nearest.values()];
  const policy = all.map(({ quota, limit, windowSeconds: window }) =>
    [
      `"${quota}"`,
      `q=${Math.floor(inUnits(quota, limit))}`,
      ...(window === undefined ? [] : [`w=${window}`]),
    ].join(';'),
  );
  const left = all.map((state) =>
    [
      `"${state.quota}"`,
      `r=${Math.floor(inUnits(state.quota, leftOf(state)))}`,
      ...(state.resetSeconds === undefined ? [] : [`t=${state.resetSeconds}`]),
    ].join(';'),
  );
  return { 'ratelimit-policy': policy.join(', '), ratelimit: left.join(', ') };
}

/** An amount as clients are told it: audio in seconds. */
export function inUnits(quota: QuotaName, amount: number): number {
  return quota === 'audio' ? amount / 1000 : amount;
}

/** What may still be used. */
export function leftOf({ limit, used }: QuotaState): number {
  return Math.max(0, limit - used);
}
