import type { LearnerActivity } from '@parlance/contracts';
import { ulid } from 'ulid';
import type { LearningRepository } from '@parlance/persistence';
import { dayOf } from './calendar.js';

const QUARTER_MS = 900_000;
/** Quarters that are kept: of somebody who is active two hours a day those of more than three years. */
const MOST_QUARTERS = 10_000;

export const NO_ACTIVITY: LearnerActivity = { quarters: [] };

/** The activity with a moment in it; undefined where its quarter of an hour is there already. */
export function withActivity({ quarters }: LearnerActivity, at: Date): LearnerActivity | undefined {
  const quarter = Math.floor(at.getTime() / QUARTER_MS);
  if (quarters.includes(quarter)) return undefined;
  // A moment may be told late: they stay in order.
  return { quarters: [...quarters, quarter].sort((one, other) => one - other).slice(-MOST_QUARTERS) };
}

/** The days of activity in a time zone, `YYYY-MM-DD`, each once. */
export function activeDays({ quarters }: LearnerActivity, timeZone: string): string[] {
  return [...new Set(quarters.map((quarter) => dayOf(new Date(quarter * QUARTER_MS), timeZone)))];
}

/** Notes that a learner practised; does nothing the second time in a quarter of an hour.
 *  @throws AppError store.unavailable, learning.conflict */
export async function noteActivity(
  learning: LearningRepository,
  tenant: string,
  user: string,
  at: Date,
): Promise<void> {
  const begin = { id: ulid(), key: user, user, value: NO_ACTIVITY };
  const { id, value } = await learning.ensure(tenant, 'activity', begin);
  if (!withActivity(value, at)) return;
  await learning.update(tenant, 'activity', id, ({ value: standing }) => {
    const next = withActivity(standing, at);
    return next && { value: next };
  });
}
