import type { z } from 'zod';
import { integer } from '@parlance/config';

/** Environment of exports, erasures and retention. */
export const privacyEnv = {
  /** How often a replica looks for exports and erasures that are due. */
  PARLANCE_PRIVACY_POLL_MS: integer(5_000, { min: 100, max: 3_600_000 }),
  /** A job whose process says nothing for so long is another's. */
  PARLANCE_PRIVACY_LEASE_MS: integer(30_000, { min: 500, max: 3_600_000 }),
  /** An erased learner is looked for again after so long: whoever was in the middle of something has ended by then. */
  PARLANCE_ERASURE_VERIFY_MS: integer(600_000, { min: 100, max: 86_400_000 }),
  /** How often what is too old by its tenant's settings is removed. */
  PARLANCE_RETENTION_SWEEP_MS: integer(3_600_000, { min: 100, max: 604_800_000 }),
};

export const privacyFrom = (env: z.output<z.ZodObject<typeof privacyEnv>>) => ({
  pollMs: env.PARLANCE_PRIVACY_POLL_MS,
  leaseMs: env.PARLANCE_PRIVACY_LEASE_MS,
  verifyAfterMs: env.PARLANCE_ERASURE_VERIFY_MS,
  retentionEveryMs: env.PARLANCE_RETENTION_SWEEP_MS,
});
