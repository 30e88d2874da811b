import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod } from '@nestjs/microservices';
import { createServer, type Socket } from 'node:net';
import type { RecognizeRequest__Output, SpeechClient } from '@parlance/contracts';
import { AppError, fromGrpcError } from '@parlance/errors';
import { metricsRegistry } from '@parlance/telemetry';
import { until } from '../../../test/support/until.js';
import type { HealthClient } from '@parlance/contracts/proto/grpc/health/v1/Health';
import { callMetadata, identityOf } from './call-metadata.js';
import { GrpcClientPool } from './client-pool.js';
import { GrpcErrorFilter } from './server-calls.js';
import { HealthStatus } from './health-status.js';
import { grpcServerOptions, RunningGrpcServer } from './server-options.js';

@Controller()
@UseFilters(GrpcErrorFilter)
class EchoController {
  @GrpcMethod('Speech', 'Recognize')
  recognize(request: RecognizeRequest__Output, metadata: Metadata): { text: string; audioMs: number } {
    if (request.audio.length === 0) throw new AppError('audio.empty', 'The recording holds no audio.');
    if (request.audio.length === 1) throw new Error('a secret of the house');
    if (request.audio.length === 2) throw new AppError('inference.overloaded', 'All streams are taken.');
    return { text: identityOf(metadata).tenant ?? '', audioMs: request.audio.length };
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a gRPC door', () => {
  const health = new HealthStatus();
  let app: INestMicroservice;
  let port: number;
  let pool: GrpcClientPool<SpeechClient>;

  beforeAll(async () => {
    port = await freePort();
    app = await NestFactory.createMicroservice(
      { module: class EchoModule {}, controllers: [EchoController] },
      { ...grpcServerOptions({ host: '127.0.0.1', port, protocols: ['voice'], health }), logger: false },
    );
    await app.listen();
    pool = new GrpcClientPool<SpeechClient>('voice', { addresses: [`127.0.0.1:${port}`] });
  });

  afterAll(async () => {
    pool.close();
    await app.close();
  });

  const recognize = async (bytes: number) => {
    const lease = await pool.pick();
    try {
      return await new Promise<{ text: string; audioMs: number }>((resolve, reject) => {
        lease.client.recognize(
          { audio: Buffer.alloc(bytes) },
          callMetadata({ tenant: 'acme' }),
          (error, answer) => (error ? reject(error) : resolve(answer as { text: string; audioMs: number })),
        );
      });
    } finally {
      lease.release();
    }
  };

  it('carries the identity and the message there and back', async () => {
    expect(await recognize(7)).toMatchObject({ text: 'acme', audioMs: 7 });
  });

  it('answers a call made through its pool, with the answer or with the fault as it was', async () => {
    const call = (bytes: number, signal = new AbortController().signal) =>
      pool.call<{ audioMs: number }>(
        (client, answer) =>
          client.recognize({ audio: Buffer.alloc(bytes) }, callMetadata({ tenant: 'acme' }), answer),
        signal,
      );
    expect(await call(7)).toMatchObject({ audioMs: 7 });
    await expect(call(2)).rejects.toMatchObject({ code: 'inference.overloaded', retryAfterSeconds: 2 });
    await expect(call(7, AbortSignal.abort())).rejects.toMatchObject({ code: 'request.cancelled' });
  });

  it('cancels a call made through its pool when its caller leaves', async () => {
    const abort = new AbortController();
    const left = pool.call((client, answer) => {
      queueMicrotask(() => abort.abort());
      return client.recognize({ audio: Buffer.alloc(7) }, callMetadata({ tenant: 'acme' }), answer);
    }, abort.signal);
    await expect(left).rejects.toMatchObject({ code: 'request.cancelled' });
  });

  it('gives a fault its status, its code and its retry hint', async () => {
    const error = await recognize(2).catch((fault: ServiceError) => fault);
    expect((error as ServiceError).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(fromGrpcError(error)).toMatchObject({
      code: 'inference.overloaded',
      retryable: true,
      retryAfterSeconds: 2,
    });
  });

  it('keeps the text of an unforeseen fault to itself', async () => {
    const error = (await recognize(1).catch((fault: ServiceError) => fault)) as ServiceError;
    expect(error.code).toBe(status.INTERNAL);
    expect(`${error.message} ${JSON.stringify(error.metadata.getMap())}`).not.toContain('secret');
  });

  it('answers health checks as the process says', async () => {
    const checks = new GrpcClientPool<HealthClient>('health', { addresses: [`127.0.0.1:${port}`] });
    const check = async () => {
      const { client } = await checks.pick();
      return new Promise((resolve, reject) =>
        client.check({ service: '' }, (error, answer) => (error ? reject(error) : resolve(answer?.status))),
      );
    };
    expect(await check()).toBe('NOT_SERVING');
    health.set('', true);
    expect(await check()).toBe('SERVING');
    checks.close();
  });

  it('lists each of its services with its state', async () => {
    const checks = new GrpcClientPool<HealthClient>('health', { addresses: [`127.0.0.1:${port}`] });
    const { client } = await checks.pick();
    const list = () =>
      new Promise((resolve, reject) =>
        client.list({}, (error, answer) => (error ? reject(error) : resolve(answer?.statuses))),
      );
    health.set('', true);
    health.set('parlance.voice.v1.Speech', false);
    expect(await list()).toEqual({
      '': { status: 'SERVING' },
      'parlance.voice.v1.Speech': { status: 'NOT_SERVING' },
      'grpc.health.v1.Health': { status: 'NOT_SERVING' },
    });
    checks.close();
  });

  it('counts calls by method and status, and those whose client left', async () => {
    const counted = async (method: string, code: string) => {
      const { values = [] } =
        (await metricsRegistry.getSingleMetric('parlance_rpc_requests_total')?.get()) ?? {};
      return values.find(({ labels }) => labels.method === method && labels.status === code)?.value ?? 0;
    };
    const SPEECH = 'parlance.voice.v1.Speech/Recognize';
    const before = [await counted(SPEECH, 'OK'), await counted(SPEECH, 'INVALID_ARGUMENT')];
    await recognize(7);
    await recognize(0).catch(() => undefined);
    expect([await counted(SPEECH, 'OK'), await counted(SPEECH, 'INVALID_ARGUMENT')]).toEqual(
      before.map((value) => value + 1),
    );
    const WATCH = 'grpc.health.v1.Health/Watch';
    const [left, late] = [await counted(WATCH, 'CANCELLED'), await counted(WATCH, 'DEADLINE_EXCEEDED')];
    const checks = new GrpcClientPool<HealthClient>('health', { addresses: [`127.0.0.1:${port}`] });
    const { client } = await checks.pick();
    const call = client.watch({ service: '' });
    call.on('error', () => undefined);
    call.once('data', () => call.cancel());
    const brief = client.watch({ service: '' }, { deadline: Date.now() + 200 });
    brief.on('data', () => undefined);
    await new Promise((resolve) => brief.on('error', resolve));
    await until(async () => (await counted(WATCH, 'CANCELLED')) === left + 1, 5_000);
    await until(async () => (await counted(WATCH, 'DEADLINE_EXCEEDED')) === late + 1, 5_000);
    checks.close();
  });

  it('ends a watch of a service it has not, holds a bounded number of the others and ends them when it closes', async () => {
    const checks = new GrpcClientPool<HealthClient>('health', { addresses: [`127.0.0.1:${port}`] });
    const { client } = await checks.pick();
    const watch = (service: string) => {
      const call = client.watch({ service });
      const statuses: string[] = [];
      call.on('data', (answer: { status: string }) => statuses.push(answer.status));
      return new Promise<{ code: number; statuses: string[] }>((resolve) =>
        call.on('error', ({ code }: ServiceError) => resolve({ code, statuses })),
      );
    };
    expect(await watch('invented')).toEqual({ code: status.NOT_FOUND, statuses: ['SERVICE_UNKNOWN'] });
    const known = Array.from({ length: 101 }, () => watch('parlance.voice.v1.Speech'));
    expect((await Promise.race(known)).code).toBe(status.RESOURCE_EXHAUSTED);
    health.close();
    const ends = await Promise.all(known);
    expect(ends.filter(({ code }) => code === status.UNAVAILABLE)).toHaveLength(100);
    checks.close();
  });

  it('ends within its limit under a call that does not end', async () => {
    const [own, running] = [await freePort(), new RunningGrpcServer()];
    const stopping = await NestFactory.createMicroservice(
      { module: class StoppingModule {}, controllers: [EchoController] },
      {
        ...grpcServerOptions({
          host: '127.0.0.1',
          port: own,
          protocols: ['voice'],
          health: new HealthStatus(),
          running,
        }),
        logger: false,
      },
    );
    await stopping.listen();
    const checks = new GrpcClientPool<HealthClient>('health', { addresses: [`127.0.0.1:${own}`] });
    const call = (await checks.pick()).client.watch({ service: '' });
    const cut = new Promise((resolve) => call.on('error', resolve));
    await new Promise((resolve) => call.once('data', resolve));
    const begun = performance.now();
    await running.close(200);
    expect(performance.now() - begun).toBeLessThan(1_000);
    await cut;
    await stopping.close();
    checks.close();
  });

  it('is ready for its clients while it says that it serves, and not when nobody answers', async () => {
    health.set('', false);
    expect(await pool.isReady()).toBe(false);
    health.set('', true);
    expect(await pool.isReady()).toBe(true);
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = `127.0.0.1:${(silent.address() as { port: number }).port}`;
    const nobody = new GrpcClientPool<SpeechClient>('voice', { addresses: [address] });
    await nobody.pick();
    const begun = performance.now();
    expect(await nobody.isReady(300)).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1_000);
    nobody.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('refuses with a retryable code when no peer is known', async () => {
    const nobody = new GrpcClientPool<SpeechClient>('voice', { addresses: [] });
    await expect(nobody.pick()).rejects.toMatchObject({ code: 'upstream.unavailable', retryable: true });
    nobody.close();
  });
});
