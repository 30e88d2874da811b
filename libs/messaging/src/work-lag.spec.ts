import { expect, it } from '@jest/globals';
import { NatsError } from 'nats';
import { metricsRegistry } from '@parlance/telemetry';
import { silentLogger } from '../../../test/support/silent-logger.js';
import type { NatsConnection } from './nats-connection.js';
import { WorkLag } from './work-lag.js';

it('tells of all work how much waits and how much is in hand, as the server says, also where nobody consumes it', async () => {
  const missing = Object.assign(new NatsError('consumer not found', '404'), {
    api_error: { code: 404, err_code: 10014, description: 'consumer not found' },
  });
  const manager = {
    consumers: {
      info: (_stream: string, consumer: string) =>
        consumer === 'tts'
          ? Promise.reject(missing)
          : Promise.resolve({ num_pending: 7, num_ack_pending: 2 }),
    },
    streams: { info: () => Promise.resolve({ state: { subjects: { 'parlance.reply.sentence': 31 } } }) },
  };
  const lag = new WorkLag({ manager } as unknown as NatsConnection, silentLogger);
  lag.start();
  const lines = async () =>
    (await metricsRegistry.metrics())
      .split('\n')
      .filter((line) => /^parlance_messages_(pend|unack)/.test(line));
  while ((await lines()).length < 6) await new Promise((resolve) => setTimeout(resolve, 5));
  await lag.stop();
  expect((await lines()).sort()).toEqual([
    'parlance_messages_pending{subject="parlance.practice.task"} 7',
    'parlance_messages_pending{subject="parlance.reply.sentence"} 31',
    'parlance_messages_pending{subject="parlance.turn.transcribed"} 7',
    'parlance_messages_unacknowledged{subject="parlance.practice.task"} 2',
    'parlance_messages_unacknowledged{subject="parlance.reply.sentence"} 0',
    'parlance_messages_unacknowledged{subject="parlance.turn.transcribed"} 2',
  ]);
});
