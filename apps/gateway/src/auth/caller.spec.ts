import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { atExpiry } from './caller.js';

const DAY_MS = 86_400_000;

describe('what a caller has open', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const codesOf = (expiresAt?: number) => {
    const codes: string[] = [];
    const end = ({ code }: AppError): void => void codes.push(code);
    const caller = {
      tenant: 'acme',
      role: 'service' as const,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    return { codes, stay: atExpiry(caller, end) };
  };

  it('ends by auth.expired_token when the token expires, once', () => {
    const { codes } = codesOf(Date.now() + 1_000);
    jest.advanceTimersByTime(999);
    expect(codes).toEqual([]);
    jest.advanceTimersByTime(5_000);
    expect(codes).toEqual(['auth.expired_token']);
  });

  it('is not ended where it is over before, nor where an API key opened it', () => {
    const over = codesOf(Date.now() + 1_000);
    const lasting = codesOf();
    over.stay();
    jest.advanceTimersByTime(DAY_MS);
    expect([...over.codes, ...lasting.codes]).toEqual([]);
  });

  it('ends within 5 s when its key is found to be revoked, once, and not because the store is away', async () => {
    const faults = [
      undefined,
      new AppError('store.unavailable', 'away'),
      new AppError('auth.invalid_token', 'revoked'),
      new AppError('auth.invalid_token', 'revoked'),
    ];
    const recheck = jest.fn(async () => {
      const fault = faults.shift();
      if (fault) throw fault;
    });
    const codes: string[] = [];
    atExpiry({ tenant: 'acme', role: 'service', recheck }, ({ code }) => void codes.push(code));
    await jest.advanceTimersByTimeAsync(3_100);
    expect(codes).toEqual([]);
    await jest.advanceTimersByTimeAsync(DAY_MS);
    expect(codes).toEqual(['auth.invalid_token']);
    expect(recheck).toHaveBeenCalledTimes(3);
  });

  it('is not asked about any more when it is over', async () => {
    const recheck = jest.fn(async () => undefined);
    atExpiry({ tenant: 'acme', role: 'service', recheck }, () => undefined)();
    await jest.advanceTimersByTimeAsync(DAY_MS);
    expect(recheck).not.toHaveBeenCalled();
  });

  it('may last longer than a timer', () => {
    const { codes } = codesOf(Date.now() + 40 * DAY_MS);
    jest.advanceTimersByTime(39 * DAY_MS);
    expect(codes).toEqual([]);
    jest.advanceTimersByTime(DAY_MS);
    expect(codes).toEqual(['auth.expired_token']);
  });
});
