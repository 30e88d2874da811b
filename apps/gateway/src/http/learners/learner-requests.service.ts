import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import {
  LearnerDirectory,
  TurnRepository,
  TurnSearchRepository,
  type KnownLearner,
} from '@parlance/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { statisticsView } from '../../sessions/statistics.js';
import { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import { turnView } from '../../turns/turn-view.js';
import { parseRequest } from '../request-fields.js';
import { learnerPageSchema, learnerTurnsSchema } from './learners.schema.js';

type Query = Readonly<Record<string, unknown>>;

/** A tenant's learners and what they said, for those who teach them. */
@Injectable()
export class LearnerRequests {
  private readonly base: string;

  constructor(
    private readonly learners: LearnerDirectory,
    private readonly sessions: VoiceSessions,
    private readonly found: TurnSearchRepository,
    private readonly turns: TurnRepository,
    @Inject(GATEWAY_CONFIG) { http }: Pick<GatewayConfig, 'http'>,
  ) {
    this.base = http.publicUrl;
  }

  /** By their ids, which of accounts are ordered by when they were made. */
  async page(tenant: string, query: Query) {
    const { limit, cursor: after, text } = parseRequest(learnerPageSchema, query);
    // One more tells whether there is another page.
    const found = await this.learners.page(tenant, { text, after, limit: limit + 1 });
    const learners = found.slice(0, limit);
    return {
      learners: learners.map(viewOf),
      next_cursor: found.length > limit ? (learners.at(-1)?.id ?? null) : null,
    };
  }

  /** One learner with what they did in all sessions. @throws AppError account.not_found */
  async find(tenant: string, user: string) {
    const [learner, statistics] = await Promise.all([
      this.learners.find(tenant, user),
      this.sessions.statisticsOf({ tenant, user }),
    ]);
    if (!learner) throw new AppError('account.not_found', 'There is no such learner.');
    return { ...viewOf(learner), statistics: statisticsView(user, statistics) };
  }

  /** Turns of all sessions, newest first. One is found a moment after it was answered, when it is indexed. */
  async turnsOf(tenant: string, user: string, query: Query) {
    const { limit, cursor: before } = parseRequest(learnerTurnsSchema, query);
    const { turns, next } = await this.found.find(tenant, { user, terms: [], before, limit });
    const records = await Promise.all(turns.map(({ id }) => this.turns.findById(tenant, id)));
    return {
      // One may be deleted meanwhile.
      turns: records.flatMap((turn) => (turn ? [turnView(turn, this.base)] : [])),
      next_cursor: next ?? null,
    };
  }
}

function viewOf({ id, name, level, lastActiveAt }: KnownLearner) {
  return {
    id,
    name: name ?? null,
    level: level ?? null,
    last_active_at: lastActiveAt?.toISOString() ?? null,
  };
}
