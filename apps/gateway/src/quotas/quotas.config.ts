import { z } from 'zod';
import { bytes, integer } from '@parlance/config';
import type { Limits } from '@parlance/contracts';

/** What each tenant may use where its organisation does not say; 0: as much as there is. */
export const quotasEnv = {
  PARLANCE_LIMIT_REQUESTS_PER_SECOND: integer(0, { max: 1e6 }),
  PARLANCE_LIMIT_STREAMS: integer(0, { max: 1e6 }),
  PARLANCE_LIMIT_AUDIO_MINUTES: integer(0, { max: 1e9 }),
  PARLANCE_LIMIT_TOKENS: integer(0, { max: 1e12 }),
  PARLANCE_LIMIT_STORAGE: bytes(0),
  /** How often a process adds what it has counted to what all have counted. */
  PARLANCE_USAGE_INTERVAL_MS: integer(2_000, { min: 100, max: 60_000 }),
};

export const quotasFrom = (env: z.infer<z.ZodObject<typeof quotasEnv>>) => ({
  limits: {
    requestsPerSecond: env.PARLANCE_LIMIT_REQUESTS_PER_SECOND,
    concurrentStreams: env.PARLANCE_LIMIT_STREAMS,
    audioMinutesPerDay: env.PARLANCE_LIMIT_AUDIO_MINUTES,
    tokensPerDay: env.PARLANCE_LIMIT_TOKENS,
    storageBytes: env.PARLANCE_LIMIT_STORAGE,
  } satisfies Limits as Limits,
  usageIntervalMs: env.PARLANCE_USAGE_INTERVAL_MS,
});
