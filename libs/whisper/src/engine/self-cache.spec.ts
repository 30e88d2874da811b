import { describe, expect, it } from '@jest/globals';
import { ALIGNMENT, filled, joinCaches, type CachePlace } from './self-cache.js';
import { floats, floatsOf } from './tensors.js';

const HEADS = 2;

/** Positions hold `first`, `first` + 1, …; the padding in front −1. */
function place(length: number, first: number, padding = 0): CachePlace {
  const positions = padding + length;
  const row = Array.from({ length: positions }, (_, i) => (i < padding ? -1 : first + i - padding));
  const data = Float32Array.from([...row, ...row.map((value) => value + 1000)]);
  return { tensors: { self_k_0: floats(data, [1, HEADS, positions, 1]) }, index: 0, start: padding };
}

describe('joining self-attention caches', () => {
  it('puts rows of different lengths side by side, padded on the left to the alignment', () => {
    const { tensors, starts } = joinCaches([place(3, 100), place(5, 200, 4)]);
    expect(tensors.self_k_0?.dims).toEqual([2, HEADS, ALIGNMENT, 1]);
    expect(starts).toEqual([ALIGNMENT - 3, ALIGNMENT - 5]);
    const values = floatsOf(tensors.self_k_0);
    const row = (index: number): number[] => [...values.subarray(index * ALIGNMENT, (index + 1) * ALIGNMENT)];
    expect(row(0).slice(-3)).toEqual([100, 101, 102]);
    expect(row(1).slice(-3)).toEqual([1100, 1101, 1102]);
    expect(row(2).slice(-5)).toEqual([200, 201, 202, 203, 204]);
    expect(
      row(2)
        .slice(0, -5)
        .every((value) => value === 0),
    ).toBe(true);
  });

  it('gives rows back as they are that lie together already', () => {
    const joined = joinCaches([place(ALIGNMENT, 0), place(7, 50)]);
    const places = joined.starts.map((start, index) => ({ tensors: joined.tensors, index, start }));
    expect(joinCaches(places).tensors).toBe(joined.tensors);
    expect(places.map(filled)).toEqual([ALIGNMENT, 7]);
    expect(joinCaches([...places].reverse()).tensors).not.toBe(joined.tensors);
    expect(joinCaches(places.slice(0, 1)).tensors).not.toBe(joined.tensors);
  });
});
