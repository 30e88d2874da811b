import { z } from 'zod';
import {
  bytes,
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
  port,
  telemetryEnv,
  telemetryFrom,
} from '@parlance/config';
import { tenantSchema } from '@parlance/contracts';

/** A tenant's key as configured: never the key itself. */
export interface ApiKeyHash {
  readonly tenant: string;
  /** SHA-256 of the key. */
  readonly hash: Buffer;
}

/** `tenant:sha256hex(key)`, comma separated. */
const apiKeys = list().transform((entries, context) =>
  entries.map((entry, index): ApiKeyHash => {
    const [tenant, hash = ''] = entry.split(':');
    if (!tenantSchema.safeParse(tenant).success || !/^[0-9a-f]{64}$/i.test(hash)) {
      context.addIssue({ code: 'custom', message: `entry ${index + 1} must read tenant:sha256hex` });
    }
    return { tenant: tenant ?? '', hash: Buffer.from(hash, 'hex') };
  }),
);

/** Environment of the gateway. */
export const gatewaySchema = z
  .object({
    PARLANCE_HTTP_HOST: z.string().default('127.0.0.1'),
    PARLANCE_HTTP_PORT: port(8080),
    ...listenEnv(50_051),
    ...natsEnv,
    ...mongoEnv,
    ...objectStoreEnv,
    ...telemetryEnv,
    ...drainEnv,
    PARLANCE_INFERENCE_ADDRESSES: list(['127.0.0.1:50061']),
    PARLANCE_TTS_ADDRESSES: list(['127.0.0.1:50063']),
    PARLANCE_API_KEYS: apiKeys,
    /** What clients reach this gateway by; made into links. Empty: links are paths. */
    PARLANCE_PUBLIC_URL: z.union([z.literal(''), z.url()]).default(''),
    /** Shown in the list of models: inference's default (`whisper-1`) and others it is known to have. */
    PARLANCE_DEFAULT_MODEL: z.string().default('whisper-base'),
    PARLANCE_RECOGNITION_MODELS: list(),
    PARLANCE_FFMPEG: z.string().default('ffmpeg'),
    PARLANCE_MAX_UPLOAD: bytes(512 * 1024 ** 2),
    /** Held in memory while a form's fields are not all known, or an MP4's index has not come. */
    PARLANCE_MAX_HELD_UPLOAD: bytes(64 * 1024 ** 2),
    /** Held so for all requests together; beyond it uploads are refused until others are done. */
    PARLANCE_MAX_HELD_MEMORY: bytes(192 * 1024 ** 2),
    PARLANCE_MAX_RECORDING_SECONDS: integer(7_200, { min: 1 }),
    PARLANCE_MAX_TURN_SECONDS: integer(600, { min: 1 }),
    PARLANCE_DECODERS: integer(8, { min: 1, max: 256 }),
    PARLANCE_DECODER_QUEUE: integer(32, { max: 10_000 }),
    PARLANCE_TENANT_CONCURRENCY: integer(64, { min: 1 }),
    PARLANCE_TRANSCRIPTION_TIMEOUT_MS: milliseconds(3_600_000),
    PARLANCE_TURN_TIMEOUT_MS: milliseconds(60_000),
    PARLANCE_LISTEN_IDLE_MS: milliseconds(60_000),
  })
  .transform((env) => ({
    http: {
      host: env.PARLANCE_HTTP_HOST,
      port: env.PARLANCE_HTTP_PORT,
      /** What links begin with. */
      publicUrl: env.PARLANCE_PUBLIC_URL,
      /** A request that carries a recording takes no longer. */
      uploadLimitMs: env.PARLANCE_TRANSCRIPTION_TIMEOUT_MS,
    },
    grpc: grpcFrom(env),
    messaging: messagingFrom(env),
    store: { mongodbUri: env.MONGODB_URI },
    telemetry: telemetryFrom(env),
    drainMs: env.PARLANCE_DRAIN_MS,
    tenants: { keys: env.PARLANCE_API_KEYS, maxOpenRequests: env.PARLANCE_TENANT_CONCURRENCY },
    recognition: {
      addresses: env.PARLANCE_INFERENCE_ADDRESSES,
      defaultModel: env.PARLANCE_DEFAULT_MODEL,
      otherModels: env.PARLANCE_RECOGNITION_MODELS,
    },
    synthesis: { addresses: env.PARLANCE_TTS_ADDRESSES },
    upload: {
      maxBytes: env.PARLANCE_MAX_UPLOAD,
      maxHeldBytes: env.PARLANCE_MAX_HELD_UPLOAD,
      maxHeldInAllBytes: env.PARLANCE_MAX_HELD_MEMORY,
    },
    decoder: {
      ffmpegPath: env.PARLANCE_FFMPEG,
      /** Files decoded at once, and how many may wait behind them. */
      concurrency: env.PARLANCE_DECODERS,
      queue: env.PARLANCE_DECODER_QUEUE,
      /** Longest recording taken. */
      maxDurationMs: env.PARLANCE_MAX_RECORDING_SECONDS * 1000,
      /** Largest file whose index stands behind its samples: it is held in memory until the index has come. */
      maxHeldBytes: env.PARLANCE_MAX_HELD_UPLOAD,
    },
    turns: {
      maxSeconds: env.PARLANCE_MAX_TURN_SECONDS,
      /** Longest wait for an answer. */
      answerLimitMs: env.PARLANCE_TURN_TIMEOUT_MS,
    },
    /** Longest silence of a client that streams. */
    streamIdleMs: env.PARLANCE_LISTEN_IDLE_MS,
  }));
export type GatewayConfig = z.infer<typeof gatewaySchema>;

/** Injection token of the configuration. */
export const GATEWAY_CONFIG = Symbol('GATEWAY_CONFIG');
