import { Injectable } from '@nestjs/common';
import type { Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  ClosingSummaryRepository,
  SessionRepository,
  type ClosingSummaryRecord,
} from '@parlance/persistence';
import { parseRequest } from '../http/request-fields.js';
import { bySearchNames, summariesQuerySchema } from '../http/search.schema.js';
import { askedLearner, NOBODY } from './conversation-search.service.js';

/** When a client that was told that its summary is being written should ask again. */
export const RETRY_AFTER_SECONDS = 2;

/** A summary, or that it is still being written. */
export type FoundSummary =
  | { readonly ready: true; readonly summary: ReturnType<typeof viewOf> }
  | { readonly ready: false; readonly pending: object };

/** Closing summaries over HTTP. */
@Injectable()
export class SummaryRequests {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly summaries: ClosingSummaryRepository,
  ) {}

  /** Newest session first. A user's token finds that user's only. @throws AppError request.invalid */
  async page(caller: Principal, query: Readonly<Record<string, unknown>>) {
    const { limit, cursor, learner, language, ...rest } = parseRequest(
      summariesQuerySchema,
      bySearchNames(query),
    );
    const user = askedLearner(caller, learner);
    if (user === NOBODY) return { summaries: [], next_cursor: null };
    // One more tells whether there is another page.
    const page = { ...rest, user, language: language || undefined, before: cursor, limit: limit + 1 };
    const found = await this.summaries.page(caller.tenant, page);
    const listed = found.slice(0, limit);
    const last = listed.at(-1);
    return {
      summaries: listed.map(viewOf),
      next_cursor: found.length > limit && last ? `${last.startedAt.getTime()}.${last.session}` : null,
    };
  }

  /** Of a session that has ended without one it is asked for.
   *  @throws AppError session.not_found; request.conflict where the session has not ended */
  async find(caller: Principal, id: string): Promise<FoundSummary> {
    const session = await this.sessions.getFor(caller, id);
    const summary = await this.summaries.find(caller.tenant, id);
    if (summary) return { ready: true, summary: viewOf(summary) };
    if (session.status === 'active')
      throw new AppError('request.conflict', 'The session has not ended: its summary is written then.');
    await this.sessions.requestSummary(caller.tenant, id);
    return {
      ready: false,
      pending: { session: id, status: 'pending', retry_after_seconds: RETRY_AFTER_SECONDS },
    };
  }
}

function viewOf(record: ClosingSummaryRecord) {
  const { session, user, mode, language, writtenIn, model, summary, turns } = record;
  return {
    session,
    learner: user ?? null,
    mode,
    language,
    title: summary.title,
    subtitle: summary.subtitle,
    written_in: writtenIn,
    model,
    turns,
    started_at: record.startedAt.toISOString(),
    ended_at: record.endedAt.toISOString(),
    created_at: record.createdAt.toISOString(),
  };
}
