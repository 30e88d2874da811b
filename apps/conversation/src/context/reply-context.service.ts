import { Injectable } from '@nestjs/common';
import { sessionContextSchema, type TurnTranscribed } from '@parlance/contracts';
import { CatalogueRepository, SessionRepository, TurnRepository } from '@parlance/persistence';
import type { ReplyContext } from '../language-model/language-model.js';
import { SessionLessons } from './session-lessons.service.js';

/** Exchanges of a session that are looked back on, at most: the coach repeats none of their sentences. */
const MOST_EXCHANGES = 1_000;

/** What a session is like about which nothing was set. */
const DEFAULT_MODE = sessionContextSchema.parse({}).mode;

/** Loads what came before a turn. */
@Injectable()
export class ReplyContextService {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly catalogue: CatalogueRepository,
    private readonly lessons: SessionLessons,
  ) {}

  /** @throws AppError store.unavailable */
  async load({ identity: { tenant, session }, sequence }: TurnTranscribed): Promise<ReplyContext> {
    const [kept, exchanges] = await Promise.all([
      this.sessions.find(tenant, session),
      this.turns.recentExchanges(tenant, session, sequence, MOST_EXCHANGES),
    ]);
    const { mode = DEFAULT_MODE, scenario } = kept?.context ?? {};
    const [teaching, played, lesson] = await Promise.all([
      this.catalogue.find(tenant, 'teaching_mode', mode),
      scenario === undefined ? undefined : this.catalogue.find(tenant, 'scenario', scenario),
      kept && this.lessons.find(kept),
    ]);
    return {
      session: kept?.context,
      mode: teaching?.value,
      scenario: played?.value,
      lesson,
      summary: kept?.summary,
      exchanges,
    };
  }
}
