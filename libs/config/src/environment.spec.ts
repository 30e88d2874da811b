import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  breakerEnv,
  breakerFrom,
  grpcFrom,
  listenEnv,
  messagingFrom,
  natsEnv,
  objectStoreEnv,
  telemetryEnv,
  telemetryFrom,
  workEnv,
  workFrom,
} from './environment.js';
import { loadConfig } from './load-config.js';

const schema = z
  .object({ ...listenEnv(50_051), ...natsEnv, ...objectStoreEnv, ...telemetryEnv, ...workEnv })
  .transform((env) => ({
    grpc: grpcFrom(env),
    messaging: messagingFrom(env),
    telemetry: telemetryFrom(env),
    work: workFrom(env),
  }));

describe('the environment that services share', () => {
  it('is read by subject, with its defaults', () => {
    expect(loadConfig(schema, {})).toEqual({
      grpc: { host: '127.0.0.1', port: 50_051, maxConnectionAgeMs: 600_000 },
      messaging: { natsUrl: 'nats://127.0.0.1:4222', objectLimits: {} },
      telemetry: {
        logLevel: 'info',
        otlpLogs: false,
        otlpProtocol: 'http/json',
        traceRatio: 1,
        tracedWords: [],
      },
      work: { concurrency: 8, ackWaitMs: 3_000, maxDeliveries: 3, ratePerSecond: 0, retryMs: 2_000 },
    });
  });

  it('names a bucket for objects where one is given', () => {
    const environment = { PARLANCE_S3_BUCKET: 'speech', PARLANCE_S3_ENDPOINT: 'https://minio.internal:9000' };
    expect(loadConfig(schema, environment).messaging.s3).toEqual({
      bucket: 'speech',
      endpoint: 'https://minio.internal:9000',
      region: 'us-east-1',
    });
  });

  it('has the settings of a breaker once, under a prefix for each kind of provider', () => {
    const breakers = z
      .object({ ...breakerEnv(), ...breakerEnv('PARLANCE_POLLY') })
      .transform((env) => ({ usual: breakerFrom(env), polly: breakerFrom(env, 'PARLANCE_POLLY') }));
    const usual = { share: 0.5, leastCalls: 10, withinMs: 60_000, halfOpenAfterMs: 60_000 };
    expect(loadConfig(breakers, {})).toEqual({ usual, polly: usual });
    const environment = { PARLANCE_POLLY_BREAKER_FAILURES: '20', PARLANCE_POLLY_BREAKER_HALF_OPEN_MS: '300' };
    expect(loadConfig(breakers, environment)).toEqual({
      usual,
      polly: { ...usual, share: 0.2, halfOpenAfterMs: 300 },
    });
  });

  it.each([
    ['PARLANCE_WORK_CONCURRENCY', { concurrency: 9 }],
    ['PARLANCE_WORK_ACK_WAIT_MS', { ackWaitMs: 9 }],
    ['PARLANCE_WORK_MAX_DELIVERIES', { maxDeliveries: 9 }],
    ['PARLANCE_WORK_RETRY_MS', { retryMs: 9 }],
    ['PARLANCE_WORK_RATE', { ratePerSecond: 9 }],
  ])('%s says how work is done', (name, work) => {
    expect(loadConfig(schema, { [name]: '9' }).work).toMatchObject(work);
  });

  it('PARLANCE_S3_PUBLIC_ENDPOINT and AWS_REGION belong to the bucket', () => {
    const environment = {
      ...{ PARLANCE_S3_BUCKET: 'speech', AWS_REGION: 'eu-west-1' },
      PARLANCE_S3_PUBLIC_ENDPOINT: 'https://files.example',
    };
    expect(loadConfig(schema, environment).messaging.s3).toMatchObject({
      publicEndpoint: 'https://files.example',
      region: 'eu-west-1',
    });
  });
});
