import { describe, expect, it } from '@jest/globals';
import { CircuitState } from 'cockatiel';
import { FailureShareBreaker } from './failure-share-breaker.js';

const { Closed, HalfOpen } = CircuitState;

describe('a breaker by the share of failures', () => {
  let at = 0;
  const breaker = () => new FailureShareBreaker({ share: 0.5, leastCalls: 10, withinMs: 60_000 }, () => at);

  it('opens at half of ten calls, and not at nine failures of nine', () => {
    const one = breaker();
    for (let call = 0; call < 9; call += 1) expect(one.failure(Closed)).toBe(false);
    expect(one.failure(Closed)).toBe(true);
    const other = breaker();
    for (let call = 0; call < 5; call += 1) other.success(Closed);
    for (let call = 0; call < 4; call += 1) expect(other.failure(Closed)).toBe(false);
    expect(other.failure(Closed)).toBe(true);
  });

  it('stays closed while fewer than half fail', () => {
    const one = breaker();
    for (let call = 0; call < 30; call += 1) {
      one.success(Closed);
      one.success(Closed);
      expect(one.failure(Closed)).toBe(false);
    }
  });

  it('counts no call for longer than its time, however seldom calls come', () => {
    const one = breaker();
    for (let call = 0; call < 50; call += 1) {
      at += 7_000;
      expect(one.failure(Closed)).toBe(false);
    }
  });

  it('opens again when the trial fails, and begins anew when it succeeds', () => {
    const one = breaker();
    for (let call = 0; call < 10; call += 1) one.failure(Closed);
    expect(one.failure(HalfOpen)).toBe(true);
    one.success(HalfOpen);
    for (let call = 0; call < 8; call += 1) expect(one.failure(Closed)).toBe(false);
  });
});
