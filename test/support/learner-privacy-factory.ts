import type { LearnerPrivacy } from '@parlance/gateway/privacy/learner-privacy.service';
import { AppError } from '@parlance/errors';

/** What may be kept of every learner, as a test says. */
export function aLearnerPrivacy({ mayRecord = true, isErased = false } = {}): LearnerPrivacy {
  return {
    allowsRecording: async () => mayRecord,
    refuseErased: async () => {
      if (isErased) throw new AppError('learner.erased', 'Erased.');
    },
  } as unknown as LearnerPrivacy;
}
