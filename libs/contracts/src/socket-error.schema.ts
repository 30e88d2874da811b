import { z } from 'zod';

/** A fault as every API tells it. */
export const errorBodySchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterSeconds: z.number().optional(),
  requestId: z.string(),
});
