import type { Limits, Principal, UsageSubject } from '@parlance/contracts';
import type { UsageScope } from '@parlance/persistence';

/** Whom usage is counted for and limits hold for, with what the caller's key says of its limits. */
export interface QuotaSubject extends UsageSubject {
  readonly keyLimits?: Limits | undefined;
}

/** Limits of a tenant, of one of its keys or of one of its learners. */
export interface ScopedLimits {
  readonly scope: UsageScope;
  /** Of the key or the learner; empty of the tenant. */
  readonly id: string;
  readonly limits: Limits;
}

/** The caller's key with the user whom a request is for. */
export function quotaSubjectOf(caller: QuotaSubject, { tenant, user }: Principal): QuotaSubject {
  const { key, keyLimits } = caller;
  return { tenant, user, key, keyLimits };
}
