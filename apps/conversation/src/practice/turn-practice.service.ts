import { Injectable } from '@nestjs/common';
import type { ContestEntry, TurnTranscribed } from '@parlance/contracts';
import {
  LearningRepository,
  SessionRepository,
  TurnRepository,
  type LearningRecord,
  type TurnRecord,
} from '@parlance/persistence';
import { isInContest, noteActivity, scoreOf, withTurn } from '@parlance/practice';

/** Contests that one learner is in at the same time and that are counted. */
const MOST_CONTESTS = 20;
const TURNS_READ = 100;
/** Turns before one that it is compared with. */
const LOOK_BACK = 5;

/** What a turn is to a learner's practice: a day of the streak, words in contests. */
@Injectable()
export class TurnPractice {
  constructor(
    private readonly learning: LearningRepository,
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
  ) {}

  /** Counts what was said in the session since it was last counted; does nothing the second time.
   *  @throws AppError store.unavailable, learning.conflict */
  async count({ identity: { tenant, session }, occurredAt }: TurnTranscribed): Promise<void> {
    const user = (await this.sessions.find(tenant, session))?.user;
    if (user === undefined) return;
    const at = new Date(occurredAt);
    await noteActivity(this.learning, tenant, user, at);
    // A contest that has ended since the turn is still counted for it.
    const entries = await this.learning.due(tenant, 'contest_entry', {
      user,
      at,
      limit: MOST_CONTESTS,
      not: true,
    });
    for (const entry of entries) await this.countFor(tenant, entry, session);
  }

  /** The turns behind the last one that was counted, whichever of them this is about: a turn whose own count was lost is counted
   *  with the next one, and one that is delivered again finds itself counted. */
  private async countFor(
    tenant: string,
    { id, parent, value }: LearningRecord<'contest_entry'>,
    session: string,
  ): Promise<void> {
    const contest = await this.learning.find(tenant, 'contest', parent!);
    if (!contest) return;
    const counted = value.counted[session] ?? 0;
    const after = Math.max(0, counted - LOOK_BACK);
    const turns: TurnRecord[] = [];
    for (let isMore = true; isMore;) {
      const from = turns.at(-1)?.sequence ?? after;
      const read = await this.turns.list(tenant, session, { after: from, limit: TURNS_READ });
      turns.push(...read);
      isMore = read.length === TURNS_READ;
    }
    await this.learning.update(tenant, 'contest_entry', id, ({ value: standing }) => {
      const since = standing.counted[session] ?? 0;
      const last = turns.at(-1)?.sequence ?? 0;
      if (last <= since) return undefined;
      let entry: ContestEntry = standing;
      for (const [index, turn] of turns.entries()) {
        if (turn.sequence <= since || !isInContest(turn, contest.value, standing)) continue;
        entry = withTurn(
          entry,
          contest.value,
          turn,
          saidBefore(turns.slice(Math.max(0, index - LOOK_BACK), index)),
        );
      }
      const next = { ...entry, counted: { ...entry.counted, [session]: last } };
      return { value: next, rank: scoreOf(next, contest.value.kind) };
    });
  }
}

function saidBefore(turns: readonly TurnRecord[]) {
  return {
    turns: turns.map(({ text }) => text),
    replies: turns.map(({ reply, draft }) => reply?.text ?? draft.map(({ text }) => text).join(' ')),
  };
}
