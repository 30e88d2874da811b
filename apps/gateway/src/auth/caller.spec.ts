import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AppError } from '@parlance/errors';
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

  it('may last longer than a timer', () => {
    const { codes } = codesOf(Date.now() + 40 * DAY_MS);
    jest.advanceTimersByTime(39 * DAY_MS);
    expect(codes).toEqual([]);
    jest.advanceTimersByTime(DAY_MS);
    expect(codes).toEqual(['auth.expired_token']);
  });
});
