import { z } from 'zod';
import {
  breakerEnv,
  breakerFrom,
  bytes,
  drainEnv,
  grpcFrom,
  integer,
  kubernetesEnv,
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
  peersFrom,
  port,
  telemetryEnv,
  telemetryFrom,
  tlsEnv,
  tlsFrom,
} from '@parlance/config';
import { tenantSchema } from '@parlance/contracts';
import { accountsEnv, accountsFrom, refuseUnsignedAccounts } from './access/accounts.config.js';
import { accessTokenEnv, accessTokensFrom, refuseTwoKeySources } from './auth/access-tokens.config.js';
import { mailEnv, mailFrom, refuseHalfAMail } from './mail/mail.config.js';
import { tenantModelsEnv } from './models/tenant-models.config.js';
import { oidcEnv, oidcFrom } from './oidc/oidc.config.js';
import { quotasEnv, quotasFrom } from './quotas/quotas.config.js';
import { deepgramModelsEnv } from './recognition/deepgram-models.config.js';
import { openAiModelsEnv } from './recognition/openai-models.config.js';
import { remoteRecordingsEnv, remoteRecordingsFrom } from './recordings/remote-recordings.config.js';
import { refuseClusterAddressesOutside } from './cluster-addresses.config.js';
import { privacyEnv, privacyFrom } from './privacy/privacy.config.js';
import { studioEnv, studioFrom } from './studio/studio.config.js';

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

/** Recognisers outside the platform, asked in this order once inference could not answer. */
const remoteRecognitionEnv = {
  /** An OpenAI-compatible server, up to and with `/v1`; its key, where it asks for one; the model to ask it for. */
  PARLANCE_REMOTE_RECOGNIZER_URL: z.url().optional(),
  PARLANCE_REMOTE_RECOGNIZER_KEY: z.string().optional(),
  PARLANCE_REMOTE_RECOGNIZER_MODEL: z.string().default('whisper-1'),
  PARLANCE_REMOTE_RECOGNIZER_LIMIT_MS: milliseconds(20_000),
  /** A model of Hugging Face's inference API, such as `openai/whisper-large-v3`; without it the API is not used. */
  PARLANCE_HF_RECOGNIZER_MODEL: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)?$/, 'must be OWNER/NAME')
    .optional(),
  PARLANCE_HF_RECOGNIZER_URL: z.url().default('https://router.huggingface.co/hf-inference'),
  PARLANCE_HF_RECOGNIZER_LIMIT_MS: milliseconds(15_000),
  HF_TOKEN: z.string().optional(),
  /** Recognition of a turn takes no longer, fallbacks included, once its audio has come. */
  PARLANCE_RECOGNITION_LIMIT_MS: integer(30_000, { min: 1, max: 3_600_000 }),
};

/** The remote recognisers; undefined where one is not configured. */
const remoteRecognitionFrom = (env: z.infer<z.ZodObject<typeof remoteRecognitionEnv>>) => ({
  openAi:
    env.PARLANCE_REMOTE_RECOGNIZER_URL === undefined
      ? undefined
      : {
          baseUrl: env.PARLANCE_REMOTE_RECOGNIZER_URL,
          apiKey: env.PARLANCE_REMOTE_RECOGNIZER_KEY,
          model: env.PARLANCE_REMOTE_RECOGNIZER_MODEL,
          limitMs: env.PARLANCE_REMOTE_RECOGNIZER_LIMIT_MS,
        },
  huggingFace:
    env.PARLANCE_HF_RECOGNIZER_MODEL === undefined
      ? undefined
      : {
          baseUrl: env.PARLANCE_HF_RECOGNIZER_URL,
          token: env.HF_TOKEN,
          model: env.PARLANCE_HF_RECOGNIZER_MODEL,
          limitMs: env.PARLANCE_HF_RECOGNIZER_LIMIT_MS,
        },
});

/** `tenant:days`, comma separated: how long a tenant's sessions are kept after their last use; 0: until they are deleted. */
const retention = list().transform((entries, context) => {
  const days = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const [tenant = '', count = ''] = entry.split(':');
    if (!tenantSchema.safeParse(tenant).success || !/^\d{1,5}$/.test(count))
      context.addIssue({ code: 'custom', message: `entry ${index + 1} must read tenant:days` });
    days.set(tenant, Number(count));
  }
  return days as ReadonlyMap<string, number>;
});

/** Recordings of whole sessions, and what is kept of them. */
const recordingsEnv = {
  PARLANCE_RETENTION: retention,
  /** For tenants that PARLANCE_RETENTION does not name. */
  PARLANCE_RETENTION_DAYS: integer(0, { max: 36_500 }),
  /** How long a link to a recording works. */
  PARLANCE_LINK_SECONDS: integer(900, { min: 1, max: 604_800 }),
  /** Signs links where the store has none of its own; every replica needs the same. By default made of the API keys' hashes. */
  PARLANCE_LINK_SECRET: z.string().min(16, 'must have 16 characters at least').optional(),
  /** A recording nobody adds to for so long is joined by whichever replica sees it. */
  PARLANCE_RECORDING_ABANDONED_MS: integer(60_000, { min: 1_000, max: 86_400_000 }),
  /** How often a replica looks for those, and for what is past its retention or over the store's limits. */
  PARLANCE_RECORDING_SWEEP_MS: integer(30_000, { min: 100, max: 86_400_000 }),
  PARLANCE_STORAGE_SWEEP_MS: integer(3_600_000, { min: 100, max: 604_800_000 }),
};

/** Environment of the gateway. */
export const gatewaySchema = z
  .object({
    PARLANCE_HTTP_HOST: z.string().default('127.0.0.1'),
    PARLANCE_HTTP_PORT: port(8080),
    ...listenEnv(50_051),
    ...opsEnv(8085),
    ...natsEnv,
    ...mongoEnv,
    ...objectStoreEnv,
    ...telemetryEnv,
    ...drainEnv,
    ...breakerEnv(),
    ...remoteRecognitionEnv,
    ...recordingsEnv,
    ...tlsEnv,
    ...mutualTlsEnv,
    ...kubernetesEnv,
    /** How long a request waits for inference where there is no pod, which may have been scaled to nothing; 0: it is refused at once. */
    PARLANCE_WAIT_FOR_PODS_MS: milliseconds(0),
    /** The operator's address by which a model scaled to nothing is brought back: http://…/scaling/NAMESPACE/NAME/wanted. */
    PARLANCE_SCALE_UP_URL: z.url({ protocol: /^https?$/ }).optional(),
    PARLANCE_INFERENCE_ADDRESSES: list(['127.0.0.1:50061']),
    PARLANCE_TTS_ADDRESSES: list(['127.0.0.1:50063']),
    /** Whose X-Forwarded-For is believed: addresses and networks of the proxies before this gateway. */
    PARLANCE_TRUSTED_PROXIES: list().pipe(
      z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'must be addresses or networks')),
    ),
    PARLANCE_API_KEYS: apiKeys,
    /** The tenant whose configured keys may make organisations; without it nobody may. */
    PARLANCE_MANAGING_TENANT: tenantSchema.optional(),
    ...accessTokenEnv,
    ...accountsEnv,
    ...mailEnv,
    ...oidcEnv,
    ...privacyEnv,
    ...quotasEnv,
    ...studioEnv,
    /** What clients reach this gateway by; made into links. Empty: links are paths. */
    PARLANCE_PUBLIC_URL: z.union([z.literal(''), z.url()]).default(''),
    /** Shown in the list of models: inference's default and others it is known to have. */
    PARLANCE_DEFAULT_MODEL: z.string().default('whisper-base'),
    PARLANCE_RECOGNITION_MODELS: list(),
    ...openAiModelsEnv,
    ...deepgramModelsEnv,
    ...remoteRecordingsEnv,
    ...tenantModelsEnv,
    PARLANCE_FFMPEG: z.string().default('ffmpeg'),
    PARLANCE_MAX_UPLOAD: bytes(512 * 1024 ** 2),
    /** Held in memory while a form's fields are not all known, or an MP4's index has not come. */
    PARLANCE_MAX_HELD_UPLOAD: bytes(64 * 1024 ** 2),
    /** Held so for all requests together; beyond it uploads are refused until others are done. */
    PARLANCE_MAX_HELD_MEMORY: bytes(128 * 1024 ** 2),
    PARLANCE_MAX_RECORDING_SECONDS: integer(7_200, { min: 1 }),
    PARLANCE_MAX_TURN_SECONDS: integer(600, { min: 1 }),
    PARLANCE_DECODERS: integer(8, { min: 1, max: 256 }),
    PARLANCE_DECODER_QUEUE: integer(32, { max: 10_000 }),
    PARLANCE_TENANT_CONCURRENCY: integer(64, { min: 1 }),
    PARLANCE_TRANSCRIPTION_TIMEOUT_MS: milliseconds(3_600_000),
    PARLANCE_TURN_TIMEOUT_MS: milliseconds(60_000),
    PARLANCE_LISTEN_IDLE_MS: milliseconds(60_000),
    /** A session in which nothing happens for so long is ended; 0: none is. */
    PARLANCE_SESSION_IDLE_MS: milliseconds(3_600_000),
  })
  .superRefine(refuseTwoKeySources)
  .superRefine(refuseUnsignedAccounts)
  .superRefine(refuseHalfAMail)
  .superRefine(refuseClusterAddressesOutside)
  .transform((env, context) => ({
    ...env,
    tls: tlsFrom(env, context),
    mutualTls: mutualTlsFrom(env, context),
  }))
  .transform((env) => ({
    http: {
      host: env.PARLANCE_HTTP_HOST,
      port: env.PARLANCE_HTTP_PORT,
      /** What links begin with. */
      publicUrl: env.PARLANCE_PUBLIC_URL,
      trustedProxies: env.PARLANCE_TRUSTED_PROXIES,
      /** A request that carries a recording takes no longer. */
      uploadLimitMs: env.PARLANCE_TRANSCRIPTION_TIMEOUT_MS,
    },
    grpc: grpcFrom(env),
    ops: opsFrom(env),
    messaging: messagingFrom(env, env.mutualTls),
    store: { mongodbUri: env.MONGODB_URI, tls: env.mutualTls },
    /** HTTP, WebSocket and gRPC by TLS, where there is a certificate. */
    tls: env.tls,
    /** What inference and tts are shown. */
    mutualTls: env.mutualTls,
    tlsReloadMs: env.PARLANCE_TLS_RELOAD_MS,
    telemetry: telemetryFrom(env),
    drainMs: env.PARLANCE_DRAIN_MS,
    tenants: {
      keys: env.PARLANCE_API_KEYS,
      managing: env.PARLANCE_MANAGING_TENANT,
      maxOpenRequests: env.PARLANCE_TENANT_CONCURRENCY,
    },
    tokens: accessTokensFrom(env),
    accounts: accountsFrom(env),
    mail: mailFrom(env),
    oidc: oidcFrom(env),
    privacy: privacyFrom(env),
    quotas: quotasFrom(env),
    /** The page at `/`; undefined where it is switched off. */
    studio: studioFrom(env),
    recognition: {
      addresses: env.PARLANCE_INFERENCE_ADDRESSES,
      waitForPeerMs: env.PARLANCE_WAIT_FOR_PODS_MS,
      scaleUpUrl: env.PARLANCE_SCALE_UP_URL,
      ...peersFrom(env),
      defaultModel: env.PARLANCE_DEFAULT_MODEL,
      otherModels: env.PARLANCE_RECOGNITION_MODELS,
      openAiModels: env.PARLANCE_OPENAI_MODELS,
      deepgramModels: env.PARLANCE_DEEPGRAM_MODELS,
    },
    tenantModels: env.PARLANCE_TENANT_MODELS,
    remoteRecognition: { ...remoteRecognitionFrom(env), breaker: breakerFrom(env) },
    synthesis: {
      addresses: env.PARLANCE_TTS_ADDRESSES,
      ...peersFrom(env),
      deepgramVoices: env.PARLANCE_DEEPGRAM_VOICES,
      /** Names that OpenAI's clients ask for speech by. */
      models: env.PARLANCE_OPENAI_SPEECH_MODELS,
    },
    upload: {
      maxBytes: env.PARLANCE_MAX_UPLOAD,
      maxHeldBytes: env.PARLANCE_MAX_HELD_UPLOAD,
      maxHeldInAllBytes: env.PARLANCE_MAX_HELD_MEMORY,
    },
    remoteRecordings: remoteRecordingsFrom(env),
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
      recognitionLimitMs: env.PARLANCE_RECOGNITION_LIMIT_MS,
    },
    recordings: {
      retentionDays: { byTenant: env.PARLANCE_RETENTION, others: env.PARLANCE_RETENTION_DAYS },
      linkSeconds: env.PARLANCE_LINK_SECONDS,
      linkSecret: env.PARLANCE_LINK_SECRET,
      abandonedMs: env.PARLANCE_RECORDING_ABANDONED_MS,
      sweepEveryMs: env.PARLANCE_RECORDING_SWEEP_MS,
      storageSweepEveryMs: env.PARLANCE_STORAGE_SWEEP_MS,
    },
    /** Longest silence of a client that streams. */
    streamIdleMs: env.PARLANCE_LISTEN_IDLE_MS,
    sessionIdleMs: env.PARLANCE_SESSION_IDLE_MS,
  }));
export type GatewayConfig = z.infer<typeof gatewaySchema>;

/** Injection token of the configuration. */
export const GATEWAY_CONFIG = Symbol('GATEWAY_CONFIG');
