import { Injectable } from '@nestjs/common';
import type { Model, PipelineStage } from 'mongoose';
import type { AssessmentJson } from '@parlance/contracts';
import { sessionSchema, type SessionDocument } from './session.schema.js';
import { StoreConnection } from './store-connection.js';
import { turnSchema, type TurnDocument } from './turn.schema.js';

const WEEK_MS = 7 * 24 * 3_600_000;
/** A Monday, UTC. */
const FIRST_MONDAY = new Date('1970-01-05T00:00:00Z');
/** Sessions that are read for one learner; older ones are left out, */
const MOST_SESSIONS = 1_000;
/** and those behind the one with which so many turns are reached: a session has 1,000 at most. */
export const MOST_PROGRESS_TURNS = 2_000;

/** The scores of an utterance that progress is told by. */
export const PROGRESS_SCORES = ['accuracy', 'fluency', 'prosody', 'total', 'confidence', 'clarity'] as const;
export type ProgressScore = (typeof PROGRESS_SCORES)[number];

export interface WeekScore {
  readonly mean: number;
  /** Turns that have the score. */
  readonly n: number;
  readonly best: number;
}

/** What a learner scored in a week. */
export interface ProgressWeek {
  /** Its Monday, UTC: `YYYY-MM-DD`. */
  readonly week: string;
  /** Turns with an assessment. */
  readonly turns: number;
  /** Null where none of them has the score. */
  readonly scores: Readonly<Record<ProgressScore, WeekScore | null>>;
}

export interface PractisedPhone {
  readonly phone: string;
  /** Mean of its accuracy. */
  readonly accuracy: number;
  /** How often it was spoken. */
  readonly n: number;
}

export interface LearnerProgress {
  /** Weeks with an assessed turn, in order. */
  readonly weeks: readonly ProgressWeek[];
  /** The least accurate first. */
  readonly phones: readonly PractisedPhone[];
}

type GroupedWeek = { readonly _id: number; readonly turns: number } & Readonly<Record<string, number | null>>;

/** How a learner's assessments develop. Reads the turns of the newest sessions alone, by indexes that other queries need too. */
@Injectable()
export class ProgressRepository {
  private readonly sessions: Model<SessionDocument>;
  private readonly turns: Model<TurnDocument>;

  constructor(private readonly store: StoreConnection) {
    this.sessions = store.raw.model<SessionDocument>('Session', sessionSchema);
    this.turns = store.raw.model<TurnDocument>('Turn', turnSchema);
  }

  /** @param since  turns before it are left out */
  async progressOf(tenant: string, user: string, since: Date): Promise<LearnerProgress> {
    const sessions = await this.newestSessions(tenant, user, since);
    if (sessions.length === 0) return { weeks: [], phones: [] };
    const assessed: PipelineStage[] = [
      {
        $match: {
          tenant,
          session: { $in: sessions },
          createdAt: { $gte: since },
          'assessment.mode': { $exists: true },
        },
      },
    ];
    const [weeks, phones] = await Promise.all([
      this.store.run(() => this.turns.aggregate<GroupedWeek>([...assessed, ...BY_WEEK])),
      this.store.run(() =>
        this.turns.aggregate<Omit<PractisedPhone, 'phone'> & { readonly _id: string }>([
          ...assessed,
          ...BY_PHONE,
        ]),
      ),
    ]);
    return {
      weeks: weeks.map(weekOf),
      phones: phones.map(({ _id: phone, ...rest }) => ({ phone, ...rest })),
    };
  }

  /** As many as have the turns that are read; a session's last sequence says how many it has. */
  private async newestSessions(tenant: string, user: string, since: Date): Promise<string[]> {
    const found = await this.store.run(() =>
      this.sessions
        .find({ tenant, user, lastActiveAt: { $gte: since } }, { lastSequence: 1 })
        .sort({ _id: -1 })
        .limit(MOST_SESSIONS)
        .lean<Pick<SessionDocument, '_id' | 'lastSequence'>[]>(),
    );
    let turns = 0;
    return found.flatMap(({ _id, lastSequence }) => {
      if (turns >= MOST_PROGRESS_TURNS) return [];
      turns += lastSequence;
      return [_id];
    });
  }
}

const valueOf = (score: keyof AssessmentJson['utterance']): string => `$assessment.utterance.${score}.value`;

/** The week is counted from a Monday: not every server that we know has `$dateTrunc`. */
const BY_WEEK: PipelineStage[] = [
  {
    $group: {
      _id: { $floor: { $divide: [{ $subtract: ['$createdAt', FIRST_MONDAY] }, WEEK_MS] } },
      turns: { $sum: 1 },
      ...Object.fromEntries(
        PROGRESS_SCORES.flatMap((score) => [
          [`${score}Mean`, { $avg: valueOf(score) }],
          [`${score}Count`, { $sum: { $cond: [{ $gte: [valueOf(score), 0] }, 1, 0] } }],
          [`${score}Best`, { $max: valueOf(score) }],
        ]),
      ),
    },
  },
  { $sort: { _id: 1 } },
];

/** Lists are brought to the top before they are unwound: not every server unwinds one within another. */
const BY_PHONE: PipelineStage[] = [
  { $project: { words: '$assessment.words' } },
  { $unwind: '$words' },
  { $project: { phones: '$words.phones' } },
  { $unwind: '$phones' },
  { $group: { _id: '$phones.phone', accuracy: { $avg: '$phones.accuracy.value' }, n: { $sum: 1 } } },
  { $sort: { accuracy: 1 } },
];

function weekOf({ _id, turns, ...values }: GroupedWeek): ProgressWeek {
  const scores = PROGRESS_SCORES.map((score) => {
    const [mean, n, best] = [values[`${score}Mean`], values[`${score}Count`], values[`${score}Best`]];
    return [score, n && typeof mean === 'number' && typeof best === 'number' ? { mean, n, best } : null];
  });
  return {
    week: new Date(FIRST_MONDAY.getTime() + _id * WEEK_MS).toISOString().slice(0, 10),
    turns,
    scores: Object.fromEntries(scores) as ProgressWeek['scores'],
  };
}
