import { ulid } from 'ulid';
import type { LearningRepository } from '@parlance/persistence';
import { NO_ACTIVITY, withActivity } from './activity.js';

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
