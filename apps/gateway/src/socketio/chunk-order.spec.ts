import { describe, expect, it } from '@jest/globals';
import { ChunkOrder, type OrderedChunks } from './chunk-order.js';

const chunk = (index: number): Buffer => Buffer.from(String(index));
const readOf = ({ ready }: OrderedChunks): string => ready.map(String).join(' ');

describe('the order of chunks', () => {
  it('is that of their numbers, whatever the order in which they come', () => {
    const order = new ChunkOrder();
    expect(readOf(order.push(0, chunk(0)))).toBe('0');
    expect(readOf(order.push(3, chunk(3)))).toBe('');
    expect(readOf(order.push(1, chunk(1)))).toBe('1');
    expect(order.hasGap).toBe(true);
    expect(readOf(order.push(2, chunk(2)))).toBe('2 3');
    expect(order.hasGap).toBe(false);
    expect(order.due).toBe(4);
  });

  it('knows which have come, those that wait among them', () => {
    const order = new ChunkOrder();
    order.push(0, chunk(0));
    order.push(2, chunk(2));
    expect([0, 1, 2, 3].map((index) => order.has(index))).toEqual([true, false, true, false]);
  });

  it('goes on behind a gap that is not waited for, and names what is missing', () => {
    const order = new ChunkOrder();
    for (const index of [2, 3, 6]) order.push(index, chunk(index));
    const skipped = order.skipGap();
    expect(readOf(skipped)).toBe('2 3');
    expect(skipped.missing).toEqual([0, 1]);
    expect(order.has(1)).toBe(true);
    const rest = order.end();
    expect(readOf(rest)).toBe('6');
    expect(rest.missing).toEqual([4, 5]);
    expect(order.skipGap()).toEqual({ ready: [], missing: [] });
  });

  it('holds 64 chunks at most, and 4 MiB', () => {
    const far = new ChunkOrder();
    far.push(1, chunk(1));
    const pushed = far.push(70, chunk(70));
    expect(readOf(pushed)).toBe('1 70');
    expect(pushed.missing).toHaveLength(69);
    const large = new ChunkOrder();
    const mebibyte = Buffer.alloc(1024 ** 2);
    for (let index = 1; index <= 4; index += 1) expect(large.push(index, mebibyte).ready).toEqual([]);
    expect(large.push(5, mebibyte)).toMatchObject({ missing: [0], ready: { length: 5 } });
  });

  it('refuses numbers that jump', () => {
    const refused = () => new ChunkOrder().push(5_000_000, chunk(1));
    expect(refused).toThrow(expect.objectContaining({ code: 'audio.chunk_out_of_sequence' }));
  });
});
