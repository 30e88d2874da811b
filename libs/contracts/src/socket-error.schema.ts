import { z } from 'zod';

/** A fault as every API tells it. */
export const errorBodySchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterSeconds: z.number().optional(),
  /** What a program needs to go on, such as `version`, the one that stands. */
  details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  requestId: z.string(),
});
