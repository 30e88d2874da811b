import { z } from 'zod';
import type { CertificatePaths } from './certificates.js';
import { bytes, integer, milliseconds, port } from './load-config.js';

const DAY_MS = 86_400_000;

/** What a shape of variables is once it is read. */
type Read<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;

/** Where a service's gRPC API listens. */
export const listenEnv = (defaultPort: number) => ({
  PARLANCE_GRPC_HOST: z.string().default('127.0.0.1'),
  PARLANCE_GRPC_PORT: port(defaultPort),
  /** Connections are replaced after so long, so that those of many clients spread over new replicas; 0: they are not. */
  PARLANCE_GRPC_CONNECTION_AGE_MS: milliseconds(600_000),
});

export const grpcFrom = (env: Read<ReturnType<typeof listenEnv>>) => ({
  host: env.PARLANCE_GRPC_HOST,
  port: env.PARLANCE_GRPC_PORT,
  maxConnectionAgeMs: env.PARLANCE_GRPC_CONNECTION_AGE_MS,
});

/** Where health, readiness and metrics are served. */
export const opsEnv = (defaultPort: number) => ({
  PARLANCE_OPS_HOST: z.string().default('127.0.0.1'),
  PARLANCE_OPS_PORT: port(defaultPort),
  /** Of the key that opens diagnosis on that port; without it there is none. */
  PARLANCE_OPS_KEY_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 hash, 64 lower-case hex digits')
    .optional(),
});

export const opsFrom = (env: Read<ReturnType<typeof opsEnv>>) => ({
  host: env.PARLANCE_OPS_HOST,
  port: env.PARLANCE_OPS_PORT,
  keySha256: env.PARLANCE_OPS_KEY_SHA256,
});

/** What a service needs to call others by `k8s:///namespace/service:port`. Kubernetes sets the first two in every pod. */
export const kubernetesEnv = {
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: port(443),
  PARLANCE_SERVICE_ACCOUNT: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
  /** Of this process; peers in the same zone are called first. */
  PARLANCE_ZONE: z.string().optional(),
};

/** `kubernetes` is undefined outside of a cluster. */
export const peersFrom = (env: Read<typeof kubernetesEnv>) => ({
  zone: env.PARLANCE_ZONE,
  kubernetes:
    env.KUBERNETES_SERVICE_HOST === undefined
      ? undefined
      : {
          url: `https://${hostOf(env.KUBERNETES_SERVICE_HOST)}:${env.KUBERNETES_SERVICE_PORT}`,
          serviceAccountFolder: env.PARLANCE_SERVICE_ACCOUNT,
        },
});

const hostOf = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export const natsEnv = {
  NATS_URL: z
    .string()
    .regex(/^(nats|tls|ws|wss):\/\//, 'must be a nats:// or tls:// address')
    .default('nats://127.0.0.1:4222'),
};

export const mongoEnv = {
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must be a mongodb:// address')
    .default('mongodb://127.0.0.1:27017/parlance'),
};

export const telemetryEnv = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  /** Share of the traces begun here that are recorded; a caller's own decision comes first. */
  PARLANCE_TRACE_RATIO: z.coerce.number().min(0).max(1).default(1),
  PARLANCE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
};

export const telemetryFrom = (env: Read<typeof telemetryEnv>) => ({
  otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
  traceRatio: env.PARLANCE_TRACE_RATIO,
  logLevel: env.PARLANCE_LOG_LEVEL,
});

export const drainEnv = {
  /** What is in flight this long after SIGTERM is told so and ended. */
  PARLANCE_DRAIN_MS: milliseconds(20_000),
};

/** Where recordings and spoken replies are kept: the NATS object store, unless a bucket is named. Credentials for it are
 *  found by the AWS SDK's own chain (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a role, …). */
export const objectStoreEnv = {
  PARLANCE_S3_BUCKET: z.string().optional(),
  /** For other stores than Amazon's. */
  PARLANCE_S3_ENDPOINT: z.url().optional(),
  /** The same store as clients reach it; made into links. */
  PARLANCE_S3_PUBLIC_ENDPOINT: z.url().optional(),
  AWS_REGION: z.string().default('us-east-1'),
  /** What the store may hold: size, and age in days; 0: no limit. */
  PARLANCE_OBJECTS_MAX_BYTES: bytes(0),
  PARLANCE_OBJECTS_MAX_DAYS: integer(0, { max: 36_500 }),
};

/** Where messages and objects go, as the messaging module takes it; without a bucket there is no `s3`.
 *  @param tls  what this process shows a bus whose address begins with `tls:` or `wss:` */
export const messagingFrom = (env: Read<typeof natsEnv & typeof objectStoreEnv>, tls?: CertificatePaths) => ({
  natsUrl: env.NATS_URL,
  objectLimits: {
    maxBytes: env.PARLANCE_OBJECTS_MAX_BYTES || undefined,
    maxAgeMs: env.PARLANCE_OBJECTS_MAX_DAYS * DAY_MS || undefined,
  },
  tls,
  s3:
    env.PARLANCE_S3_BUCKET === undefined
      ? undefined
      : {
          bucket: env.PARLANCE_S3_BUCKET,
          endpoint: env.PARLANCE_S3_ENDPOINT,
          publicEndpoint: env.PARLANCE_S3_PUBLIC_ENDPOINT,
          region: env.AWS_REGION,
        },
});

/** How a process takes work from the queue; the defaults are for production. */
export const workEnv = {
  /** Messages handled at once. */
  PARLANCE_WORK_CONCURRENCY: integer(8, { min: 1, max: 256 }),
  /** Silence after which another process takes a message over: what a crash costs a turn. */
  PARLANCE_WORK_ACK_WAIT_MS: milliseconds(3_000),
  PARLANCE_WORK_MAX_DELIVERIES: integer(3, { min: 1, max: 100 }),
  /** Pause before the second delivery; each further one is twice as long, up to a minute. */
  PARLANCE_WORK_RETRY_MS: integer(2_000, { min: 1, max: 60_000 }),
  /** Messages that a process starts in a second at most; 0: as many as come. */
  PARLANCE_WORK_RATE: integer(0, { max: 10_000 }),
};

export const workFrom = (env: Read<typeof workEnv>) => ({
  concurrency: env.PARLANCE_WORK_CONCURRENCY,
  ackWaitMs: env.PARLANCE_WORK_ACK_WAIT_MS,
  maxDeliveries: env.PARLANCE_WORK_MAX_DELIVERIES,
  ratePerSecond: env.PARLANCE_WORK_RATE,
  retryMs: env.PARLANCE_WORK_RETRY_MS,
});

type BreakerName<Prefix extends string> =
  `${Prefix}_BREAKER_${'FAILURES' | 'MIN_CALLS' | 'WINDOW_MS' | 'HALF_OPEN_MS'}`;

/**
 * When a provider outside the platform is left alone for a while.
 * @param prefix  of the variables: each service, or each of its kinds of providers, has its own
 */
export function breakerEnv<Prefix extends string = 'PARLANCE'>(prefix = 'PARLANCE' as Prefix) {
  return {
    /** Per cent of the calls in the window that failed. */
    [`${prefix}_BREAKER_FAILURES`]: integer(50, { min: 1, max: 100 }),
    /** Calls in the window below which nothing is decided. */
    [`${prefix}_BREAKER_MIN_CALLS`]: integer(10, { min: 1, max: 10_000 }),
    [`${prefix}_BREAKER_WINDOW_MS`]: milliseconds(60_000),
    /** After so long one call is tried. */
    [`${prefix}_BREAKER_HALF_OPEN_MS`]: milliseconds(60_000),
  } as Record<BreakerName<Prefix>, ReturnType<typeof integer>>;
}

/** As `outsideCall` reads it. @param prefix  as in `breakerEnv` */
export function breakerFrom<Prefix extends string = 'PARLANCE'>(
  env: Readonly<Record<BreakerName<Prefix>, number>>,
  prefix = 'PARLANCE' as Prefix,
) {
  return {
    share: env[`${prefix}_BREAKER_FAILURES`] / 100,
    leastCalls: env[`${prefix}_BREAKER_MIN_CALLS`],
    withinMs: env[`${prefix}_BREAKER_WINDOW_MS`],
    halfOpenAfterMs: env[`${prefix}_BREAKER_HALF_OPEN_MS`],
  };
}
