import { describe, expect, it } from '@jest/globals';
import { HeldMemory } from './held-memory.js';

const memoryOf = (maxHeldInAllBytes: number) =>
  new HeldMemory({ upload: { maxBytes: 0, maxHeldBytes: 0, maxHeldInAllBytes } });

const overloaded = expect.objectContaining({ code: 'inference.overloaded', retryable: true });

describe('memory for uploads', () => {
  it('is bounded over all requests, and free again when they are over', () => {
    const memory = memoryOf(100);
    const [first, second] = [memory.open('acme'), memory.open('acme')];
    first.grow(60);
    expect(() => second.grow(41)).toThrow(overloaded);
    first.shrink(20);
    second.grow(41);
    first.release();
    first.release();
    first.grow(100);
    second.grow(59);
    expect(() => second.grow(1)).toThrow(overloaded);
  });

  it('is not taken whole by one tenant where there are others', () => {
    const memory = memoryOf(100);
    const [quiet, greedy] = [memory.open('quiet'), memory.open('greedy')];
    quiet.grow(1);
    greedy.grow(60);
    expect(() => greedy.grow(16)).toThrow(overloaded);
    quiet.grow(24);
  });
});
