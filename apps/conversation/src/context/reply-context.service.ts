import { Injectable } from '@nestjs/common';
import { scenarioById, type TurnTranscribed } from '@parlance/contracts';
import { SessionRepository, TurnRepository } from '@parlance/persistence';
import type { ReplyContext } from '../language-model/language-model.js';

/** Exchanges of a session that are looked back on, at most: the coach repeats none of their sentences. */
const MOST_EXCHANGES = 1_000;

/** Loads what came before a turn. */
@Injectable()
export class ReplyContextService {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
  ) {}

  /** @throws AppError store.unavailable */
  async load({ identity: { tenant, session }, sequence }: TurnTranscribed): Promise<ReplyContext> {
    const [kept, exchanges] = await Promise.all([
      this.sessions.find(tenant, session),
      this.turns.recentExchanges(tenant, session, sequence, MOST_EXCHANGES),
    ]);
    const scenario = kept?.context?.scenario;
    return {
      session: kept?.context,
      scenario: scenario === undefined ? undefined : scenarioById(scenario),
      summary: kept?.summary,
      exchanges,
    };
  }
}
