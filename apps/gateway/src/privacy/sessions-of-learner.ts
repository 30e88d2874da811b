import { Injectable } from '@nestjs/common';
import {
  SessionRepository,
  TurnRepository,
  type LearnerData,
  type SessionRecord,
} from '@parlance/persistence';
import { SessionDeletion } from '../recordings/session-deletion.service.js';

const PAGE = 100;

/** All sessions of a user, newest first, read page by page. */
export async function* sessionsOf(
  sessions: SessionRepository,
  tenant: string,
  user: string,
): AsyncGenerator<SessionRecord> {
  for (let before: string | undefined; ;) {
    const page = await sessions.page(tenant, { user, before, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    before = page.at(-1)!.id;
  }
}

/** Sessions with all they have: summaries, statistics, turns, recordings, spoken replies, events, work that waits or has failed. */
@Injectable()
export class SessionsOfLearner implements LearnerData {
  readonly part = 'sessions';
  readonly collections = ['sessions', 'turns', 'speech'];

  constructor(
    private readonly sessions: SessionRepository,
    private readonly deletion: SessionDeletion,
  ) {}

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    for await (const { tenant: _, user: _user, ...session } of sessionsOf(this.sessions, tenant, learner))
      yield session;
  }

  eraseLearner(tenant: string, learner: string): Promise<number> {
    return this.deletion.deleteUser(tenant, learner);
  }
}

/** What was said and answered, with its words, measures, scores and remarks. */
@Injectable()
export class TurnsOfLearner implements LearnerData {
  readonly part = 'turns';
  readonly collections = [];

  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
  ) {}

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    for await (const { id } of sessionsOf(this.sessions, tenant, learner)) yield* this.turnsOf(tenant, id);
  }

  /** They go with their sessions. */
  async eraseLearner(): Promise<number> {
    return 0;
  }

  private async *turnsOf(tenant: string, session: string): AsyncGenerator<object> {
    for (let after = 0; ;) {
      const page = await this.turns.list(tenant, session, { after, limit: PAGE });
      for (const { tenant: _, ...turn } of page) yield turn;
      if (page.length < PAGE) return;
      after = page.at(-1)!.sequence;
    }
  }
}
