import { Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { CRITERIA, type Criterion, type SpeechScoresJson } from '@parlance/contracts';
import { sessionSchema, type SessionDocument, type TurnTotals } from './session.schema.js';
import { StoreConnection } from './store-connection.js';
import { turnSchema, type TurnDocument } from './turn.schema.js';

/** All sessions of a user together. */
export interface UserTotals extends TurnTotals {
  readonly sessions: number;
  readonly firstActiveAt: Date | undefined;
  readonly lastActiveAt: Date | undefined;
}

/** Means over the turns of a session that were marked; null of what no turn has a mark of. */
export interface EvaluationMeans extends Readonly<Record<Criterion, number | null>> {
  /** Turns with a total. */
  readonly turns: number;
  readonly total: number | null;
}

/** What `$group` gives; a sum of nothing is 0. */
type Grouped = Omit<TurnTotals, 'scoreSums'> & SpeechScoresJson;

const SCORES = ['fluency', 'pace', 'pauses', 'soundQuality', 'overall'] as const;
const NO_SCORES: SpeechScoresJson = { fluency: 0, pace: 0, pauses: 0, soundQuality: 0, overall: 0 };
const NO_TURNS: TurnTotals = {
  turns: 0,
  spokenWords: 0,
  speakingMs: 0,
  scoredTurns: 0,
  scoreSums: NO_SCORES,
};

/** Sums over sessions and turns. */
@Injectable()
export class StatisticsRepository {
  private readonly sessions: Model<SessionDocument>;
  private readonly turns: Model<TurnDocument>;

  constructor(private readonly store: StoreConnection) {
    this.sessions = store.raw.model<SessionDocument>('Session', sessionSchema);
    this.turns = store.raw.model<TurnDocument>('Turn', turnSchema);
  }

  /** What was said in the turns of some of a tenant's sessions. */
  async turnTotals(tenant: string, sessions: readonly string[]): Promise<TurnTotals> {
    if (sessions.length === 0) return NO_TURNS;
    const [sums] = await this.store.run(() =>
      this.turns.aggregate<Grouped>([
        { $match: { tenant, session: { $in: [...sessions] } } },
        {
          $group: {
            _id: null,
            turns: { $sum: 1 },
            spokenWords: { $sum: '$measures.wordCount' },
            speakingMs: { $sum: '$measures.speechMs' },
            scoredTurns: { $sum: { $cond: [{ $gte: ['$scores.overall', 0] }, 1, 0] } },
            ...sumsOf('$scores'),
          },
        },
      ]),
    );
    return totalsFrom(sums);
  }

  /** How the turns of a session were marked, as far as they are by now. */
  async evaluationMeans(tenant: string, session: string): Promise<EvaluationMeans> {
    const marks = CRITERIA.map(
      (criterion) => [criterion, { $avg: `$evaluation.${criterion}.mark` }] as const,
    );
    const [means] = await this.store.run(() =>
      this.turns.aggregate<Partial<EvaluationMeans>>([
        { $match: { tenant, session } },
        {
          $group: {
            _id: null,
            turns: { $sum: { $cond: [{ $gte: ['$evaluation.total', 0] }, 1, 0] } },
            total: { $avg: '$evaluation.total' },
            ...Object.fromEntries(marks),
          },
        },
      ]),
    );
    const { turns = 0, total = null, fluency = null, vocabulary = null } = means ?? {};
    const { grammar = null, pronunciation = null } = means ?? {};
    return { turns, total, fluency, vocabulary, grammar, pronunciation };
  }

  /** All of a user's sessions. Sessions that have ended carry their sums; only the turns of active ones are read. */
  async userTotals(tenant: string, user: string): Promise<UserTotals> {
    const [ended] = await this.store.run(() =>
      this.sessions.aggregate<Grouped & Pick<UserTotals, 'sessions' | 'firstActiveAt' | 'lastActiveAt'>>([
        { $match: { tenant, user } },
        {
          $group: {
            _id: null,
            sessions: { $sum: 1 },
            firstActiveAt: { $min: '$createdAt' },
            lastActiveAt: { $max: '$lastActiveAt' },
            turns: { $sum: '$metrics.turns' },
            spokenWords: { $sum: '$metrics.spokenWords' },
            speakingMs: { $sum: '$metrics.speakingMs' },
            scoredTurns: { $sum: '$metrics.scoredTurns' },
            ...sumsOf('$metrics.scoreSums'),
          },
        },
      ]),
    );
    const active = await this.store.run(() =>
      this.sessions
        .find({ tenant, user, status: 'active' }, { _id: 1 })
        .lean<Pick<SessionDocument, '_id'>[]>(),
    );
    const now = await this.turnTotals(
      tenant,
      active.map(({ _id }) => _id),
    );
    return {
      ...added(totalsFrom(ended), now),
      sessions: ended?.sessions ?? 0,
      firstActiveAt: ended?.firstActiveAt,
      lastActiveAt: ended?.lastActiveAt,
    };
  }

  /** The days (UTC, `YYYY-MM-DD`) on which the user took turns, newest first. */
  async activeDays(tenant: string, user: string): Promise<string[]> {
    const found = await this.store.run(() =>
      this.sessions.aggregate<{ readonly _id: string }>([
        { $match: { tenant, user } },
        { $unwind: '$days' },
        { $group: { _id: '$days' } },
        { $sort: { _id: -1 } },
      ]),
    );
    return found.map(({ _id }) => _id);
  }
}

/** A sum for each score. @param path  where the scores stand in the document */
function sumsOf(path: string): Record<keyof SpeechScoresJson, { readonly $sum: string }> {
  const sums = SCORES.map((score) => [score, { $sum: `${path}.${score}` }] as const);
  return Object.fromEntries(sums) as Record<keyof SpeechScoresJson, { readonly $sum: string }>;
}

function totalsFrom(sums: Grouped | undefined): TurnTotals {
  if (!sums) return NO_TURNS;
  const { turns, spokenWords, speakingMs, scoredTurns, fluency, pace, pauses, soundQuality, overall } = sums;
  const scoreSums = { fluency, pace, pauses, soundQuality, overall };
  return { turns, spokenWords, speakingMs, scoredTurns, scoreSums };
}

function added(one: TurnTotals, other: TurnTotals): TurnTotals {
  const scoreSums = Object.fromEntries(
    SCORES.map((score) => [score, one.scoreSums[score] + other.scoreSums[score]]),
  ) as SpeechScoresJson;
  return {
    turns: one.turns + other.turns,
    spokenWords: one.spokenWords + other.spokenWords,
    speakingMs: one.speakingMs + other.speakingMs,
    scoredTurns: one.scoredTurns + other.scoredTurns,
    scoreSums,
  };
}
