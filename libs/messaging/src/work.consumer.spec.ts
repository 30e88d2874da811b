import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { metricsRegistry } from '@parlance/telemetry';
import { silentLogger } from '../../../test/support/silent-logger.js';
import type { MessagePublisher } from './message.publisher.js';
import type { NatsConnection } from './nats-connection.js';
import { StartRate, WorkConsumer } from './work.consumer.js';

const open = new AbortController().signal;

describe('the rate at which work is started', () => {
  it('spaces starts evenly, whoever asks', async () => {
    const rate = new StartRate(50);
    const begun = performance.now();
    await Promise.all([1, 2, 3, 4, 5].map(() => rate.next(open)));
    const tookMs = performance.now() - begun;
    expect(tookMs).toBeGreaterThanOrEqual(78);
  });

  it('holds nothing back without a limit, nor where the consumer stops', async () => {
    const begun = performance.now();
    await new StartRate(0).next(open);
    const slow = new StartRate(1);
    await slow.next(open);
    await slow.next(AbortSignal.abort());
    expect(performance.now() - begun).toBeLessThan(900);
  });
});

it('a consumer tells how much of its work waits and how much is in hand, as the server says', async () => {
  const consumers = {
    add: () => Promise.resolve(),
    info: () => Promise.resolve({ num_pending: 7, num_ack_pending: 2 }),
  };
  const connection = { manager: { consumers }, raw: { flush: () => Promise.resolve() } };
  const kind = { subject: 'parlance.waiting', schema: z.object({}), consumer: 'waiting' };
  const handler = { handle: () => Promise.resolve(), fail: () => Promise.resolve() };
  const consumer = new WorkConsumer(
    connection as unknown as NatsConnection,
    {} as MessagePublisher,
    kind,
    handler,
    { concurrency: 0 },
    silentLogger,
  );
  await consumer.start();
  const lines = async () =>
    (await metricsRegistry.metrics()).split('\n').filter((line) => line.includes('"parlance.waiting"'));
  while ((await lines()).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await consumer.drain();
  expect(await lines()).toEqual([
    'parlance_messages_pending{subject="parlance.waiting"} 7',
    'parlance_messages_unacknowledged{subject="parlance.waiting"} 2',
  ]);
});
