import { createHash } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import type { Activity, SpeechScoresJson } from '@parlance/contracts';
import { isDuplicate, StoreConnection } from './store-connection.js';

/** What happened at a tenant on one day (UTC). */
export interface DailyAnalytics {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly learners: number;
  readonly sessions: number;
  readonly turns: number;
  readonly speechMs: number;
  readonly scoredTurns: number;
  /** Of `overall`, over the turns that have scores. */
  readonly scoreSum: number;
  readonly endedSessions: number;
  readonly sessionMs: number;
  /** By code. */
  readonly errors: Readonly<Record<string, number>>;
}

interface DailyDocument {
  /** `TENANT/DAY`. */
  readonly _id: string;
  readonly tenant: string;
  readonly day: string;
  /** Who was active, by a hash that is of this day alone. */
  readonly active: readonly string[];
  readonly opened: readonly string[];
  readonly turns: number;
  readonly speechMs: number;
  readonly scoredTurns: number;
  readonly scoreSum: number;
  readonly endedSessions: number;
  readonly sessionMs: number;
  readonly errorCodes: Readonly<Record<string, number>>;
  /** Of the last activity that is in the sums, in the stream `stream`. */
  readonly through: number;
}

const count = { type: Number, default: 0 };
const dailySchema = new Schema<DailyDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    day: { type: String, required: true },
    active: { type: [String], default: [] },
    opened: { type: [String], default: [] },
    ...{ turns: count, speechMs: count, scoredTurns: count, scoreSum: count },
    ...{ endedSessions: count, sessionMs: count },
    errorCodes: { type: Schema.Types.Mixed, default: {} },
    through: count,
  },
  { collection: 'analytics_daily', versionKey: false, strict: 'throw', minimize: false },
);
dailySchema.index({ tenant: 1, day: 1 });

const HASH_CHARACTERS = 12;

/** Usage by day. An activity that comes a second time, or again after a crash, is added once: they come in the order of their numbers. */
@Injectable()
export class DailyAnalyticsRepository implements OnModuleInit {
  private readonly model: Model<DailyDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<DailyDocument>('DailyAnalytics', dailySchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** @param sequence  of the activity in its stream */
  async add(activity: Activity, sequence: number): Promise<void> {
    const { tenant, at } = activity;
    const day = at.slice(0, 10);
    const _id = `${tenant}/${day}`;
    const change = { ...changeOf(activity, day), $set: { through: sequence } };
    const update = () =>
      this.store.run(() => this.model.updateOne({ _id, through: { $lt: sequence } }, change));
    if ((await update()).matchedCount === 1) return;
    try {
      await this.store.run(() => this.model.create({ _id, tenant, day, through: 0 }));
    } catch (error) {
      // There is one: it has the activity already, or was made a moment ago.
      if (!isDuplicate(error)) throw error;
    }
    await update();
  }

  /** Days from the first to the last, both included, oldest first; those without anything are left out. */
  async days(tenant: string, from: string, to: string, limit: number): Promise<DailyAnalytics[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ tenant, day: { $gte: from, $lte: to } })
        .sort({ day: 1 })
        .limit(limit)
        .lean<DailyDocument[]>(),
    );
    return found.map(({ day, active, opened, errorCodes, ...sums }) => ({
      ...{ day, learners: active.length, sessions: opened.length, turns: sums.turns },
      ...{ speechMs: sums.speechMs, scoredTurns: sums.scoredTurns, scoreSum: sums.scoreSum },
      ...{ endedSessions: sums.endedSessions, sessionMs: sums.sessionMs },
      // A dot would name a field within.
      errors: Object.fromEntries(
        Object.entries(errorCodes).map(([code, errors]) => [code.replaceAll(':', '.'), errors]),
      ),
    }));
  }
}

function changeOf(activity: Activity, day: string) {
  if (activity.kind === 'error') return { $inc: { [`errorCodes.${activity.code.replaceAll('.', ':')}`]: 1 } };
  const hashed = (name: string): string =>
    createHash('sha256').update(`${day}\n${name}`).digest('base64url').slice(0, HASH_CHARACTERS);
  const learner = activity.learner === undefined ? {} : { active: hashed(activity.learner) };
  const names = { ...learner, ...(activity.kind === 'turn' ? { opened: hashed(activity.session) } : {}) };
  const sums =
    activity.kind === 'session'
      ? { endedSessions: 1, sessionMs: activity.durationMs }
      : {
          ...{ turns: 1, speechMs: activity.speechMs },
          ...scoresOf(activity.scores),
        };
  return { $inc: sums, ...(Object.keys(names).length > 0 ? { $addToSet: names } : {}) };
}

function scoresOf(scores: SpeechScoresJson | undefined): Readonly<Record<string, number>> {
  return scores ? { scoredTurns: 1, scoreSum: scores.overall } : {};
}
