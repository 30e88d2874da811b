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

/** A fault of `/v1/listen` and `/v1/speak`: in our fields, and in those that clients of Deepgram read. */
export const deepgramErrorEvent = z.object({
  type: z.literal('Error'),
  error: errorBodySchema,
  description: z.string(),
  message: z.string(),
  variant: z.string(),
});
