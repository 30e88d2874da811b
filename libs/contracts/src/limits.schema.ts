import { z } from 'zod';

/** Beyond it a limit says nothing, and sums of many stay exact. */
const MOST = 1e12;
const whole = z.int().min(0).max(MOST);

/** What a tenant, one of its keys or one of its learners may use. Absent and 0: without a limit. */
export const limitsSchema = z.strictObject({
  /** On each replica. */
  requestsPerSecond: z.number().min(0).max(1e6).optional(),
  /** Sockets and gRPC streams that are open at once. */
  concurrentStreams: whole.optional(),
  /** Of a day, which begins at midnight UTC. */
  audioMinutesPerDay: z.number().min(0).max(1e9).optional(),
  /** Input and output tokens of language models, of a day. */
  tokensPerDay: whole.optional(),
  /** Recordings that are kept. */
  storageBytes: whole.optional(),
});
export type Limits = z.output<typeof limitsSchema>;

export const LIMIT_NAMES = Object.keys(limitsSchema.shape) as readonly (keyof Limits)[];

/** Whom usage is counted for: a tenant, and where they are known one of its keys and one of its learners. */
export interface UsageSubject {
  readonly tenant: string;
  /** Id of the key; `configured` of those in the installation's configuration. */
  readonly key?: string | undefined;
  readonly user?: string | undefined;
}

/** What names a learner and a key in messages between services, whose identity names the tenant. */
export const usedBySchema = z.object({
  key: z.string().max(100).optional(),
  user: z.string().max(200).optional(),
});
