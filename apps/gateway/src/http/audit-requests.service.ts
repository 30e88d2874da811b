import { Injectable } from '@nestjs/common';
import { AUDIT_START } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { AuditRepository } from '@parlance/persistence';
import type { Caller } from '../auth/caller.js';
import { TenantPrivacy } from '../privacy/tenant-privacy.service.js';
import { auditExportSchema, auditPageSchema } from './privacy.schema.js';
import { parseRequest } from './request-fields.js';

type Query = Readonly<Record<string, unknown>>;

/** The audit log over HTTP: queries in, entries out. */
@Injectable()
export class AuditRequests {
  constructor(
    private readonly entries: AuditRepository,
    private readonly privacy: TenantPrivacy,
  ) {}

  /** A page of the caller's tenant, newest first. */
  async page({ tenant }: Caller, query: Query) {
    const { limit, cursor, action, user, target, learner } = parseRequest(auditPageSchema, query);
    if (target !== undefined && learner !== undefined)
      throw new AppError('request.invalid', 'learner: cannot be asked for together with target');
    const found = await this.entries.page(tenant, {
      action,
      subject: user === undefined ? undefined : await this.privacy.pseudonym(tenant, user),
      target: learner === undefined ? target : await this.privacy.pseudonym(tenant, learner),
      before: cursor,
      // One more tells whether there is another page.
      limit: limit + 1,
    });
    const entries = found.slice(0, limit);
    return { entries, nextCursor: found.length > limit ? String(entries.at(-1)!.number) : null };
  }

  /** The place of the newest entry; 0 of an empty log. */
  async head({ tenant }: Caller) {
    return { tenant, ...((await this.entries.head(tenant)) ?? { number: 0, hash: AUDIT_START }) };
  }

  /** The whole log, or from an entry on, one entry a line. */
  lines({ tenant }: Caller, query: Query): AsyncGenerator<string> {
    const { from } = parseRequest(auditExportSchema, query);
    return linesOf(this.entries, tenant, from);
  }
}

async function* linesOf(entries: AuditRepository, tenant: string, from = 1): AsyncGenerator<string> {
  for await (const entry of entries.all(tenant, from)) yield `${JSON.stringify(entry)}\n`;
}
