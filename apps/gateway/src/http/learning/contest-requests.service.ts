import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { Contest, ContestEntry, Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  learningClosed,
  LearningRepository,
  RankedLearningRepository,
  type LearningRecord,
  type ShortRecord,
} from '@parlance/persistence';
import { parseRequest } from '../request-fields.js';
import { contestCreateSchema, contestJoinSchema, leaderboardQuerySchema } from './contests.schema.js';
import { deleteSchema } from './courses.schema.js';
import { idOf, learnerOf, learningPageSchema, pageOf, viewOf, type Query } from './learning-requests.js';

/** Contests of one tenant. */
const MOST_CONTESTS = 1_000;

/** Of an entry the words and turns that it is counted by: long lists, which nobody is shown. */
const UNSHOWN = ['different', 'said', 'counted'] as const;
type EntryRecord = ShortRecord<'contest_entry', (typeof UNSHOWN)[number]>;

/** Word contests over HTTP. What learners say is counted by the conversation service, turn by turn. */
@Injectable()
export class ContestRequests {
  constructor(
    private readonly learning: LearningRepository,
    private readonly ranked: RankedLearningRepository,
  ) {}

  async list({ tenant }: Principal, query: Query) {
    const { limit, cursor } = parseRequest(learningPageSchema, query);
    const found = await this.learning.page(tenant, 'contest', { before: cursor, limit: limit + 1 });
    const { items, next_cursor } = pageOf(found, limit);
    return { contests: items.map((one) => contestView(one)), next_cursor };
  }

  /** @throws AppError quota.exceeded */
  async create({ tenant }: Principal, body: unknown) {
    const value = parseRequest(contestCreateSchema, body ?? {});
    if ((await this.learning.countOf(tenant, 'contest')) >= MOST_CONTESTS)
      throw new AppError('quota.exceeded', `The tenant has ${MOST_CONTESTS} contests, which is the most.`);
    return contestView(await this.learning.create(tenant, 'contest', { id: ulid(), value }));
  }

  async find({ tenant }: Principal, id: string) {
    return contestView(await this.learning.getFor({ tenant }, 'contest', idOf(id)));
  }

  /** With its entries. */
  async delete({ tenant }: Principal, id: string, query: Query): Promise<void> {
    const { version } = parseRequest(deleteSchema, query);
    await this.learning.delete(tenant, 'contest', idOf(id), version);
    await this.learning.deleteOf(tenant, 'contest_entry', id);
  }

  /** What the learner says from now on counts. Who joins again stays as they are.
   *  @throws AppError learning.closed where the contest is over */
  async join(caller: Principal, id: string, body: unknown, now = new Date()) {
    const { name = 'Learner' } = parseRequest(contestJoinSchema, body ?? {});
    const { tenant, user } = learnerOf(caller);
    const contest = await this.learning.getFor({ tenant }, 'contest', idOf(id));
    if (statusOf(contest.value, now) === 'over') throw learningClosed('The contest is over.');
    const value: ContestEntry = {
      name,
      joined_at: now.toISOString(),
      words: 0,
      days: {},
      different: [],
      different_words: 0,
      turns: 0,
      said: [],
      refused: { repetition: 0, playback: 0, speed: 0 },
      counted: {},
    };
    const entry = await this.learning.ensure(tenant, 'contest_entry', {
      id: ulid(),
      key: JSON.stringify([user, contest.id]),
      parent: contest.id,
      user,
      rank: 0,
      dueAt: new Date(contest.value.ends_at),
      value,
    });
    const { value: standing, ...rest } = entry;
    return this.entryView(tenant, { ...rest, value: withoutLists(standing) });
  }

  /** By score; a page costs the same wherever it is, for the cursor knows the rank that it begins with. */
  async leaderboard(caller: Principal, id: string, query: Query) {
    const { limit, cursor } = parseRequest(leaderboardQuerySchema, query);
    const { tenant, user } = caller;
    const contest = await this.learning.getFor({ tenant }, 'contest', idOf(id));
    const [found, own] = await Promise.all([
      this.ranked.lines(tenant, 'contest_entry', contest.id, ['name', 'turns'], {
        order: 'descending',
        after: cursor && { rank: cursor.score, id: cursor.id },
        limit: limit + 1,
      }),
      user === undefined ? null : this.ownEntry(tenant, user, contest.id),
    ]);
    let [score, rank, position] = [cursor?.score ?? -1, cursor?.rank ?? 0, cursor?.position ?? 0];
    const entries = found.slice(0, limit).map((entry) => {
      position += 1;
      if (entry.rank !== score) [score, rank] = [entry.rank, position];
      const { name, turns } = entry.value;
      return { rank, name, score, turns, own: user !== undefined && entry.user === user };
    });
    const last = found.length > limit ? found[limit - 1] : undefined;
    return {
      entries,
      own,
      next_cursor: last ? `${score}.${rank}.${position}.${last.id}` : null,
    };
  }

  /** Null where the learner has not joined. */
  private async ownEntry(tenant: string, user: string, contest: string) {
    const key = JSON.stringify([user, contest]);
    const own = await this.learning.findKeyedWithout(tenant, 'contest_entry', key, UNSHOWN);
    return own ? this.entryView(tenant, own) : null;
  }

  private async entryView(tenant: string, entry: EntryRecord) {
    const contest = entry.parent!;
    const score = entry.rank!;
    const above = await this.ranked.countAbove(tenant, 'contest_entry', contest, score);
    return { ...viewOf(entry), contest, rank: above + 1, score };
  }
}

function withoutLists({ different: _, said: __, counted: ___, ...rest }: ContestEntry): EntryRecord['value'] {
  return rest;
}

function contestView(contest: LearningRecord<'contest'>, now = new Date()) {
  return { ...viewOf(contest), status: statusOf(contest.value, now) };
}

function statusOf({ starts_at: from, ends_at: until }: Contest, now: Date): 'coming' | 'running' | 'over' {
  const at = now.toISOString();
  if (at < from) return 'coming';
  return at < until ? 'running' : 'over';
}
