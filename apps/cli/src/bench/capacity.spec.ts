import { describe, expect, it } from '@jest/globals';
import { mostHeld } from './capacity.js';

/** A machine that holds so many, and the steps that were tried on it. */
async function search(capacity: number, options: { first?: number; most?: number } = {}) {
  const steps: number[] = [];
  const held = await mostHeld((streams) => {
    steps.push(streams);
    return Promise.resolve(streams <= capacity);
  }, options);
  return { held, steps };
}

describe('looking for the most streams held', () => {
  it('finds small capacities exactly', async () => {
    for (let capacity = 0; capacity <= 10; capacity++) expect((await search(capacity)).held).toBe(capacity);
  });

  it('comes within a tenth of large ones', async () => {
    for (const capacity of [23, 47, 99, 200]) {
      const { held } = await search(capacity);
      expect(held).toBeLessThanOrEqual(capacity);
      expect(held).toBeGreaterThanOrEqual(Math.floor(capacity * 0.9));
    }
  });

  it('doubles, then halves the gap', async () => {
    expect(await search(13, { first: 4 })).toEqual({ held: 13, steps: [4, 8, 16, 12, 14, 13] });
  });

  it('asks for no more than it may', async () => {
    expect(await search(100, { most: 12 })).toEqual({ held: 12, steps: [1, 2, 4, 8, 12] });
  });
});
