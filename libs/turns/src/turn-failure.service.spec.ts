import { describe, expect, it, jest } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { MessageBus } from '@parlance/messaging';
import type { TurnRepository } from '@parlance/persistence';
import { aTurn } from '../../../test/support/turn-factory.js';
import { TurnFailureService } from './turn-failure.service.js';

const FAULT = new AppError('upstream.unavailable', 'Not just now.', { cause: new Error('10.0.0.7 refused') });

function service(fail: TurnRepository['fail'] = () => Promise.resolve()) {
  const done: unknown[] = [];
  const turns = { fail: jest.fn(fail) };
  const bus = { publishEvent: (event: unknown) => Promise.resolve(void done.push(event)) };
  return {
    turns,
    published: done,
    failures: new TurnFailureService(turns as unknown as TurnRepository, bus as unknown as MessageBus),
  };
}

describe('a turn that will not be completed', () => {
  const { identity } = aTurn();

  it('is recorded with its stage and fault, and whoever watches the session is told the same', async () => {
    const { failures, turns, published } = service();
    await failures.report('tts', FAULT, { ...identity, utterance: 'other' });
    const failure = {
      stage: 'tts',
      error: { code: 'upstream.unavailable', message: 'Not just now.', retryable: true },
    } as const;
    expect(turns.fail).toHaveBeenCalledWith(identity, failure);
    expect(published).toEqual([{ name: 'turn.failed', data: { identity, ...failure } }]);
  });

  it('is told of only once it is recorded', async () => {
    const { failures, published } = service(() => Promise.reject(FAULT));
    await expect(failures.report('tts', FAULT, identity)).rejects.toBe(FAULT);
    expect(published).toEqual([]);
  });

  it("is nobody's where the message does not say whose it is", async () => {
    const { failures, turns, published } = service();
    await failures.report('conversation', FAULT, { tenant: identity.tenant });
    expect(turns.fail).not.toHaveBeenCalled();
    expect(published).toEqual([]);
  });
});
