import { z } from 'zod';

/** What a learner may allow. */
export const CONSENT_PURPOSES = ['recording', 'training', 'analytics'] as const;
export type ConsentPurpose = (typeof CONSENT_PURPOSES)[number];

/** Longest time that anything is kept by a setting, days. */
const MOST_DAYS = 3_650;
const days = z.int().min(1).max(MOST_DAYS).nullable();

/** How a tenant treats what it has of its learners. */
export const privacySettingsSchema = z.strictObject({
  /** Whether what learners say is recorded only where they have allowed it. */
  recordingConsentRequired: z.boolean(),
  /** Days after which it is removed; null: not by its age. */
  retentionDays: z.strictObject({
    /** Recordings of learners, since they were made. */
    recordings: days,
    /** Sessions with all they have, since their last use. */
    turns: days,
    /** Entries of the audit log. */
    audit: days,
  }),
});
export type PrivacySettings = z.output<typeof privacySettingsSchema>;

export const USUAL_PRIVACY: PrivacySettings = {
  recordingConsentRequired: false,
  retentionDays: { recordings: null, turns: null, audit: null },
};
