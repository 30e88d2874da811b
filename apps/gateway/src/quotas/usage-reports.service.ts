import { Injectable } from '@nestjs/common';
import { MANAGERS, type Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { UsageRepository, type UsagePage, type UsageRow } from '@parlance/persistence';
import { requireRole, type Caller } from '../auth/caller.js';
import { usageQuerySchema, type UsageQuery } from '../http/usage.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { inUnits, leftOf } from './quota-state.js';
import type { QuotaSubject } from './quota-subject.js';
import { Quotas } from './quotas.service.js';

/** A row as clients get it. */
export type UsageView = ReturnType<typeof viewOf>;

/** What a caller may see of usage: owners and admins the whole tenant's, a learner its own. */
@Injectable()
export class UsageReports {
  constructor(
    private readonly usage: UsageRepository,
    private readonly quotas: Quotas,
  ) {}

  /** @throws AppError request.invalid, auth.forbidden */
  question(caller: Caller, principal: Principal, query: unknown): UsageQuery & { readonly ofUser?: string } {
    const asked = parseRequest(usageQuerySchema, query);
    const isForThemselves = principal.user === caller.user;
    if (principal.user === undefined) requireRole(caller, MANAGERS);
    // An owner's account is a user as well, and sees the tenant; a key that names a user sees that user's.
    if (principal.user === undefined || (isForThemselves && isManager(caller))) return asked;
    if (asked.groupBy !== 'day')
      throw new AppError('auth.forbidden', 'A learner sees its own usage: groupBy must be day.');
    return { ...asked, ofUser: principal.user };
  }

  async page(tenant: string, question: ReturnType<UsageReports['question']>) {
    const { groupBy, limit, cursor: after } = question;
    // One more tells whether there is another page.
    const found = await this.usage.page(tenant, { ...scopeOf(question), after, limit: limit + 1 });
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return {
      usage: rows.map((row) => viewOf(row, groupBy)),
      nextCursor: found.length > limit && last ? `${last.day}/${last.id}` : null,
    };
  }

  /** Up to `most` rows, page by page. */
  async *rows(
    tenant: string,
    question: ReturnType<UsageReports['question']>,
    most: number,
    perPage: number,
  ): AsyncGenerator<UsageView> {
    let after = question.cursor;
    for (let left = most; left > 0;) {
      const limit = Math.min(perPage, left);
      const rows = await this.usage.page(tenant, { ...scopeOf(question), after, limit });
      for (const row of rows) yield viewOf(row, question.groupBy);
      if (rows.length < limit) return;
      after = rows.at(-1);
      left -= rows.length;
    }
  }

  /** Every limit that holds for the caller, with what is left of it. */
  async standing(subject: QuotaSubject, now = Date.now()) {
    const states = await this.quotas.states(subject, now);
    return {
      limits: states.map((state) => {
        const { quota, scope, limit, used, resetSeconds } = state;
        const left = inUnits(quota, leftOf(state));
        return {
          ...{ quota, scope, limit: inUnits(quota, limit), used: inUnits(quota, used), left },
          resetsAt: resetSeconds === undefined ? null : new Date(now + resetSeconds * 1000).toISOString(),
        };
      }),
    };
  }
}

function isManager({ role }: Caller): boolean {
  return MANAGERS.some((manager) => manager === role);
}

function scopeOf({
  from,
  to,
  groupBy,
  ofUser,
}: UsageQuery & { readonly ofUser?: string }): Pick<UsagePage, 'scope' | 'from' | 'to' | 'id'> {
  if (ofUser !== undefined) return { scope: 'learner', from, to, id: ofUser };
  return { scope: groupBy === 'day' ? 'tenant' : groupBy, from, to };
}

function viewOf({ day, id, counts }: UsageRow, groupBy: UsageQuery['groupBy']) {
  return {
    day,
    ...(groupBy === 'key' ? { key: id } : {}),
    ...(groupBy === 'learner' ? { learner: id } : {}),
    requests: counts.requests ?? 0,
    audioSeconds: Math.round(counts.audioMs ?? 0) / 1000,
    characters: counts.characters ?? 0,
    inputTokens: counts.inputTokens ?? 0,
    outputTokens: counts.outputTokens ?? 0,
    turns: counts.turns ?? 0,
    storedBytes: counts.storedBytes ?? 0,
    deletedBytes: counts.deletedBytes ?? 0,
  };
}
