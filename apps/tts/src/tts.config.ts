import { z } from 'zod';
import {
  availableCpus,
  breakerEnv,
  breakerFrom,
  bytes,
  drainEnv,
  duration,
  grpcFrom,
  integer,
  list,
  listenEnv,
  messagingFrom,
  milliseconds,
  mongoEnv,
  mutualTlsEnv,
  mutualTlsFrom,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  opsFrom,
  telemetryEnv,
  telemetryFrom,
  workEnv,
  workFrom,
} from '@parlance/config';

const POLLY = 'PARLANCE_POLLY';

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
    ...mutualTlsEnv,
    /** `auto`: Polly when AWS credentials are configured, the local voices behind it or alone. */
    PARLANCE_TTS_ENGINE: z.enum(['auto', 'polly', 'local']).default('auto'),
    PARLANCE_POLLY_ENDPOINT: z.url().optional(),
    PARLANCE_POLLY_MODEL: z.enum(['standard', 'neural', 'long-form', 'generative']).default('neural'),
    PARLANCE_POLLY_VOICE: z.string().default('Joanna'),
    /** Folders of models; the first that has a voice wins. */
    PARLANCE_MODELS: list(['models', '../shared/models']),
    PARLANCE_LOCAL_VOICE: z.string().default('joe'),
    /** Threads each loaded voice model computes with. */
    PARLANCE_TTS_THREADS: integer(Math.min(2, availableCpus()), { min: 1, max: 64 }),
    /** A voice model other than the default voice's is released when it has not been used for so long. */
    PARLANCE_TTS_IDLE_MS: milliseconds(300_000),
    PARLANCE_LOAD_LIMIT_MS: milliseconds(60_000),
    /** What replies are kept as. */
    PARLANCE_REPLY_ENCODING: z.enum(['MP3', 'OGG_OPUS', 'WAV', 'FLAC']).default('MP3'),
    /** Texts that one engine speaks at once; as many again times eight may wait. */
    PARLANCE_TTS_CONCURRENCY: integer(4, { min: 1, max: 64 }),
    /** Speech of which no audio has come for so long fails. */
    PARLANCE_TTS_LIMIT_MS: milliseconds(30_000),
    /** An engine that has given no audio for so long is left for the next one, where there is one. */
    PARLANCE_TTS_ENGINE_LIMIT_MS: milliseconds(8_000),
    /** When Polly is left alone. */
    ...breakerEnv(POLLY),
    /** What kept speech may take in the object store; what has not been used for longest goes first. */
    PARLANCE_SPEECH_CACHE_BYTES: bytes(10 * 1024 ** 3),
    /** Speech that nobody has asked for so long goes. */
    PARLANCE_SPEECH_CACHE_AGE: duration(30 * 86_400_000),
    /** How often both are looked after. */
    PARLANCE_SPEECH_CACHE_SWEEP_MS: milliseconds(60_000),
    PARLANCE_ESPEAK: z.string().default('espeak-ng'),
    PARLANCE_FFMPEG: z.string().default('ffmpeg'),
    // Read by the AWS SDK itself; here only to see whether any are configured.
    AWS_ACCESS_KEY_ID: z.string().optional(),
    AWS_PROFILE: z.string().optional(),
    AWS_WEB_IDENTITY_TOKEN_FILE: z.string().optional(),
    AWS_CONTAINER_CREDENTIALS_FULL_URI: z.string().optional(),
  })
  .transform((env, context) => ({ ...env, mutualTls: mutualTlsFrom(env, context) }))
  .transform((env) => ({
    grpc: grpcFrom(env),
    ops: opsFrom(env),
    messaging: messagingFrom(env, env.mutualTls),
    store: { mongodbUri: env.MONGODB_URI, tls: env.mutualTls },
    telemetry: telemetryFrom(env),
    work: workFrom(env),
    mutualTls: env.mutualTls,
    tlsReloadMs: env.PARLANCE_TLS_RELOAD_MS,
    drainMs: env.PARLANCE_DRAIN_MS,
    engine: env.PARLANCE_TTS_ENGINE,
    polly: {
      region: env.AWS_REGION,
      endpoint: env.PARLANCE_POLLY_ENDPOINT,
      model: env.PARLANCE_POLLY_MODEL,
      defaultVoice: env.PARLANCE_POLLY_VOICE,
      breaker: breakerFrom(env, POLLY),
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
      engineLimitMs: env.PARLANCE_TTS_ENGINE_LIMIT_MS,
      replyEncoding: env.PARLANCE_REPLY_ENCODING,
    },
    cache: {
      maxBytes: env.PARLANCE_SPEECH_CACHE_BYTES,
      maxAgeMs: env.PARLANCE_SPEECH_CACHE_AGE,
      sweepMs: env.PARLANCE_SPEECH_CACHE_SWEEP_MS,
    },
  }));
export type TtsConfig = z.infer<typeof ttsSchema>;

/** Injection token of the configuration. */
export const TTS_CONFIG = Symbol('TTS_CONFIG');
