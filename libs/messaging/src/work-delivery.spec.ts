import { describe, expect, it, jest } from '@jest/globals';
import { headers, type JsMsg } from 'nats';
import { z } from 'zod';
import { AppError } from '@parlance/errors';
import { Bulkhead } from '@parlance/resilience';
import { metricsRegistry, type Logger } from '@parlance/telemetry';
import { silentLogger } from '../../../test/support/silent-logger.js';
import type { MessagePublisher } from './message.publisher.js';
import { WorkDelivery, type DeliveryParts } from './work-delivery.js';
import { Postponed, WORK_DEFAULTS, type WorkHandler } from './work-handler.js';

const SUBJECT = 'parlance.test';
const FIRST_PAUSE_MS = 100;
const SECOND_PAUSE_MS = 2 * FIRST_PAUSE_MS;
const MAX_DELIVERIES = 3;
/** A pause is drawn within a quarter below and above. */
const JITTER = 0.25;

interface Message {
  readonly text: string;
}

const RETRYABLE = new AppError('upstream.unavailable', 'Not just now.');
const FINAL = new AppError('request.invalid', 'No.');

/** One delivery of `body` to a handler, with what was told to the server, the handler and the dead letters. */
function deliver(
  handle: WorkHandler<Message>['handle'],
  {
    body = JSON.stringify({ text: 'hello' }),
    deliveryCount = 1,
    stopping = new AbortController().signal,
    fail = async () => undefined,
  }: {
    body?: string;
    deliveryCount?: number;
    stopping?: AbortSignal;
    fail?: WorkHandler<Message>['fail'];
  } = {},
) {
  const message = {
    headers: headers(),
    info: { deliveryCount, timestampNanos: Date.now() * 1_000_000 },
    string: () => body,
    working: jest.fn(),
    ackAck: jest.fn(async () => true),
    nak: jest.fn<(pauseMs?: number) => void>(),
    term: jest.fn(),
  };
  const handler = { handle: jest.fn(handle), fail: jest.fn(fail) };
  const deadLetter = jest.fn(async () => undefined);
  const parts: DeliveryParts<Message> = {
    subject: SUBJECT,
    schema: z.object({ text: z.string() }),
    handler,
    options: {
      ...WORK_DEFAULTS,
      maxDeliveries: MAX_DELIVERIES,
      retryMs: FIRST_PAUSE_MS,
    },
    publisher: { deadLetter } as unknown as MessagePublisher,
    secondTries: new Bulkhead({ limit: 1, queue: 1, refusal: 'upstream.unavailable', message: 'Full.' }),
    logger: silentLogger as Logger,
    stopping,
  };
  const delivery = new WorkDelivery(message as unknown as JsMsg, parts).start();
  return { message, handler, deadLetter, ...delivery };
}

function expectPause(pauseMs: number | undefined, meanMs: number): void {
  expect(pauseMs).toBeGreaterThanOrEqual(meanMs * (1 - JITTER));
  expect(pauseMs).toBeLessThanOrEqual(meanMs * (1 + JITTER));
}

describe('the delivery of a work message', () => {
  it('is acknowledged when the handler resolves', async () => {
    const { message, handler, ended } = deliver(async () => undefined);
    await ended;
    expect(handler.handle).toHaveBeenCalledWith({ text: 'hello' }, expect.objectContaining({ delivery: 1 }));
    expect(message.ackAck).toHaveBeenCalledTimes(1);
    expect(message.nak).not.toHaveBeenCalled();
  });

  it.each([
    [1, FIRST_PAUSE_MS],
    [2, SECOND_PAUSE_MS],
  ])(
    'is repeated after a retryable fault of delivery %d, about %d ms later',
    async (deliveryCount, meanMs) => {
      const { message, handler, ended } = deliver(() => Promise.reject(RETRYABLE), { deliveryCount });
      await ended;
      expectPause(message.nak.mock.calls[0]?.[0], meanMs);
      expect(handler.fail).not.toHaveBeenCalled();
    },
  );

  it('becomes a dead letter when the last delivery fails', async () => {
    const { message, handler, deadLetter, ended } = deliver(() => Promise.reject(RETRYABLE), {
      deliveryCount: MAX_DELIVERIES,
    });
    await ended;
    expect(handler.fail).toHaveBeenCalledWith(RETRYABLE, {}, { text: 'hello' });
    expect(deadLetter).toHaveBeenCalledTimes(1);
    expect(message.term).toHaveBeenCalledWith(RETRYABLE.code);
    expect(message.nak).not.toHaveBeenCalled();
  });

  it('becomes a dead letter at once after a fault that no retry can cure', async () => {
    const { message, ended } = deliver(() => Promise.reject(FINAL));
    await ended;
    expect(message.term).toHaveBeenCalledWith(FINAL.code);
  });

  it('is not handled again when its process died at every delivery', async () => {
    const { handler, message, ended } = deliver(async () => undefined, { deliveryCount: MAX_DELIVERIES + 1 });
    await ended;
    expect(handler.handle).not.toHaveBeenCalled();
    expect(message.term).toHaveBeenCalledWith('internal.unexpected');
  });

  it.each(['not JSON', '{"text":1}'])('fails without its message where the body is %s', async (body) => {
    const { handler, ended } = deliver(async () => undefined, { body });
    await ended;
    expect(handler.handle).not.toHaveBeenCalled();
    expect(handler.fail).toHaveBeenCalledWith(
      expect.objectContaining({ code: 'request.invalid' }),
      {},
      undefined,
    );
  });

  it('is repeated where the failure could not be recorded, and is no dead letter yet', async () => {
    const { message, deadLetter, ended } = deliver(() => Promise.reject(FINAL), {
      fail: () => Promise.reject(RETRYABLE),
    });
    await ended;
    expect(deadLetter).not.toHaveBeenCalled();
    expect(message.term).not.toHaveBeenCalled();
    expect(message.nak).toHaveBeenCalledWith(FIRST_PAUSE_MS);
  });

  it('frees its slot while it is postponed, and is handled again in the same delivery', async () => {
    const seen: number[] = [];
    const { message, slotFree, ended } = deliver(async (_, { delivery }) => {
      seen.push(delivery);
      if (seen.length === 1) throw new Postponed(1);
    });
    await slotFree;
    expect(message.ackAck).not.toHaveBeenCalled();
    await ended;
    expect(seen).toEqual([1, 1]);
    expect(message.ackAck).toHaveBeenCalledTimes(1);
  });

  it('returns a postponed message to the server when the consumer stops', async () => {
    const { message, ended } = deliver(() => Promise.reject(new Postponed(60_000)), {
      stopping: AbortSignal.timeout(1),
    });
    await ended;
    expect(message.nak).toHaveBeenCalledWith();
  });
});

it('counts messages that were delivered before, and how long new ones waited', async () => {
  await deliver(async () => undefined, { deliveryCount: 2 }).ended;
  await deliver(async () => undefined).ended;
  const text = await metricsRegistry.metrics();
  const [, redelivered] =
    /^parlance_messages_redelivered_total\{subject="parlance.test"\} (\d+)$/m.exec(text) ?? [];
  expect(Number(redelivered)).toBeGreaterThanOrEqual(1);
  expect(text).toMatch(/^parlance_messages_wait_seconds_count\{subject="parlance.test"\} [1-9]/m);
});
