import { z } from 'zod';
import { port } from './fields.js';

/** Where a service's gRPC door listens. */
export const listenEnv = (defaultPort: number) => ({
  PARLANCE_GRPC_HOST: z.string().default('127.0.0.1'),
  PARLANCE_GRPC_PORT: port(defaultPort),
});

/** Where health, readiness and metrics are served. */
export const opsEnv = (defaultPort: number) => ({
  PARLANCE_OPS_HOST: z.string().default('127.0.0.1'),
  PARLANCE_OPS_PORT: port(defaultPort),
});

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
  PARLANCE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
};
