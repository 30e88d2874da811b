import { availableParallelism } from 'node:os';
import { z } from 'zod';
import {
  drainEnv,
  grpcFrom,
  integer,
  list,
  listenEnv,
  messagingFrom,
  milliseconds,
  mongoEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  opsFrom,
  telemetryEnv,
  telemetryFrom,
  workEnv,
  workFrom,
} from '@parlance/config';

/** Environment of the speech service. */
export const ttsSchema = z
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
    /** A voice model other than the default voice's is released when it has not been used for so long. */
    PARLANCE_TTS_IDLE_MS: milliseconds(300_000),
    PARLANCE_LOAD_LIMIT_MS: milliseconds(60_000),
    /** What replies are kept as. */
    PARLANCE_REPLY_ENCODING: z.enum(['MP3', 'OGG_OPUS', 'WAV', 'FLAC']).default('MP3'),
    /** Texts that one engine speaks at once; as many again times eight may wait. */
    PARLANCE_TTS_CONCURRENCY: integer(4, { min: 1, max: 64 }),
    /** Speech of which no audio has come for so long fails. */
    PARLANCE_TTS_LIMIT_MS: milliseconds(30_000),
    PARLANCE_ESPEAK: z.string().default('espeak-ng'),
    PARLANCE_FFMPEG: z.string().default('ffmpeg'),
    // Read by the AWS SDK itself; here only to see whether any are configured.
    AWS_ACCESS_KEY_ID: z.string().optional(),
    AWS_PROFILE: z.string().optional(),
    AWS_WEB_IDENTITY_TOKEN_FILE: z.string().optional(),
    AWS_CONTAINER_CREDENTIALS_FULL_URI: z.string().optional(),
  })
  .transform((env) => ({
    grpc: grpcFrom(env),
    ops: opsFrom(env),
    messaging: messagingFrom(env),
    store: { mongodbUri: env.MONGODB_URI },
    telemetry: telemetryFrom(env),
    work: workFrom(env),
    drainMs: env.PARLANCE_DRAIN_MS,
    engine: env.PARLANCE_TTS_ENGINE,
    polly: {
      region: env.AWS_REGION,
      endpoint: env.PARLANCE_POLLY_ENDPOINT,
      model: env.PARLANCE_POLLY_MODEL,
      defaultVoice: env.PARLANCE_POLLY_VOICE,
      hasCredentials: [
        env.AWS_ACCESS_KEY_ID,
        env.AWS_PROFILE,
        env.AWS_WEB_IDENTITY_TOKEN_FILE,
        env.AWS_CONTAINER_CREDENTIALS_FULL_URI,
      ].some((value) => value !== undefined),
    },
    localVoices: {
      modelFolders: env.PARLANCE_MODELS,
      defaultVoice: env.PARLANCE_LOCAL_VOICE,
      threads: env.PARLANCE_TTS_THREADS,
      idleMs: env.PARLANCE_TTS_IDLE_MS,
      loadLimitMs: env.PARLANCE_LOAD_LIMIT_MS,
    },
    programs: { espeak: env.PARLANCE_ESPEAK, ffmpeg: env.PARLANCE_FFMPEG },
    speech: {
      concurrency: env.PARLANCE_TTS_CONCURRENCY,
      silenceLimitMs: env.PARLANCE_TTS_LIMIT_MS,
      replyEncoding: env.PARLANCE_REPLY_ENCODING,
    },
  }));
export type TtsConfig = z.infer<typeof ttsSchema>;

/** Injection token of the configuration. */
export const TTS_CONFIG = Symbol('TTS_CONFIG');
