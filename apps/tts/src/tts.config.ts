import { availableParallelism } from 'node:os';
import { z } from 'zod';
import {
  drainEnv,
  integer,
  list,
  listenEnv,
  milliseconds,
  mongoEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  telemetryEnv,
  workEnv,
} from '@parlance/config';

/** The environment of the speech service. */
export const ttsConfig = z
  .object({
    ...listenEnv(50063),
    ...opsEnv(8083),
    ...natsEnv,
    ...mongoEnv,
    ...objectStoreEnv,
    ...telemetryEnv,
    ...workEnv,
    ...drainEnv,
    /** `auto`: Polly when AWS credentials are configured, the local voices behind it or alone. */
    PARLANCE_TTS_ENGINE: z.enum(['auto', 'polly', 'local']).default('auto'),
    PARLANCE_POLLY_ENDPOINT: z.url().optional(),
    PARLANCE_POLLY_MODEL: z.enum(['standard', 'neural', 'long-form', 'generative']).default('neural'),
    PARLANCE_POLLY_VOICE: z.string().default('Joanna'),
    /** Folders of models; the first that has a voice wins. */
    PARLANCE_MODELS: list(['models', '../shared/models']),
    PARLANCE_LOCAL_VOICE: z.string().default('joe'),
    /** Threads each loaded voice model computes with. */
    PARLANCE_TTS_THREADS: integer(Math.min(2, availableParallelism()), { min: 1, max: 64 }),
    /** A voice model, beside the default voice's, that nobody has used for so long is released. */
    PARLANCE_TTS_IDLE_MS: milliseconds(300_000),
    PARLANCE_LOAD_LIMIT_MS: milliseconds(60_000),
    /** What replies are kept as. */
    PARLANCE_REPLY_ENCODING: z.enum(['MP3', 'OGG_OPUS', 'WAV', 'FLAC']).default('MP3'),
    /** Texts that one engine speaks at once; as many again times eight may wait. */
    PARLANCE_TTS_CONCURRENCY: integer(4, { min: 1, max: 64 }),
    /** Speech that does not come on for so long is given up. */
    PARLANCE_TTS_LIMIT_MS: milliseconds(30_000),
    PARLANCE_ESPEAK: z.string().default('espeak-ng'),
    PARLANCE_FFMPEG: z.string().default('ffmpeg'),
    // Read by the AWS SDK itself; here only to see whether any are configured.
    AWS_ACCESS_KEY_ID: z.string().optional(),
    AWS_PROFILE: z.string().optional(),
    AWS_WEB_IDENTITY_TOKEN_FILE: z.string().optional(),
    AWS_CONTAINER_CREDENTIALS_FULL_URI: z.string().optional(),
  })
  .transform((read) => ({
    ...read,
    hasAwsCredentials: [
      read.AWS_ACCESS_KEY_ID,
      read.AWS_PROFILE,
      read.AWS_WEB_IDENTITY_TOKEN_FILE,
      read.AWS_CONTAINER_CREDENTIALS_FULL_URI,
    ].some((value) => value !== undefined),
  }));
export type TtsConfig = z.infer<typeof ttsConfig>;

export const TTS_CONFIG = Symbol('TTS_CONFIG');
