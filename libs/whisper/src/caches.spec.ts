import { describe, expect, it } from '@jest/globals';
import type { Tensor } from '@parlance/onnx/model';
import {
  ALIGNMENT,
  CrossSlots,
  filledPositions,
  joinCaches,
  type CacheRow,
  type CrossBatch,
} from './caches.js';
import { crossAttentionOf, crossNames, type CrossAttention } from './encoder.js';
import { bigintsOf, floats, floatsOf } from './tensors.js';

const DIMS = {
  mels: 80,
  encoderContext: 10,
  vocabulary: 100,
  decoderContext: 448,
  decoderLayers: 1,
  decoderHeads: 2,
  decoderWidth: 2,
};

function window(positions: number, value: number): CrossAttention {
  const tensors = crossNames(DIMS).map((name): [string, Tensor] => [
    name,
    floats(new Float32Array(2 * positions).fill(value), [1, 2, positions, 1]),
  ]);
  return crossAttentionOf(Object.fromEntries(tensors), positions);
}

/** For each slot the values of its audio, in both heads. */
function crossValues({ feeds }: CrossBatch): number[][] {
  const [rows = 0, heads = 0, stride = 0] = feeds.cross_k_0?.dims ?? [];
  const values = floatsOf(feeds.cross_k_0);
  return Array.from({ length: rows }, (_, row) => {
    const frames = Number(bigintsOf(feeds.cross_frames)[row]);
    const of = (head: number): Float32Array =>
      values.subarray((row * heads + head) * stride, (row * heads + head) * stride + frames);
    return [...of(0), ...of(1)];
  });
}

describe('the audio of a batch', () => {
  it('holds every row over its own length, whatever the others are', () => {
    const slots = new CrossSlots(DIMS);
    const batch = slots.compose([window(3, 7), window(5, 8)]);
    expect(batch.feeds.cross_k_0?.dims).toEqual([2, 2, 5, 1]);
    expect(batch.order).toEqual([0, 1]);
    expect(crossValues(batch)).toEqual([new Array(6).fill(7), new Array(10).fill(8)]);
  });

  it('leaves who stays in place, and seats who comes where somebody left', () => {
    const slots = new CrossSlots(DIMS);
    const [a, b, c, d] = [1, 2, 3, 4].map((value) => window(5, value)) as [
      CrossAttention,
      CrossAttention,
      CrossAttention,
      CrossAttention,
    ];
    slots.compose([a, b, c]);
    const next = slots.compose([d, c, b]);
    // a's slot goes to d; b and c stay in slots 1 and 2.
    expect(next.order).toEqual([0, 2, 1]);
    expect(crossValues(next)).toEqual([4, 2, 3].map((value) => new Array(10).fill(value)));
    // From slot 2 into a batch of two, and back among three: never twice.
    expect(crossValues(slots.compose([c, d]))).toEqual([4, 3].map((value) => new Array(10).fill(value)));
    expect(
      crossValues(slots.compose([a, c, d]))
        .map(([value]) => value)
        .sort(),
    ).toEqual([1, 3, 4]);
  });

  it('copies a window again that was forgotten', () => {
    const slots = new CrossSlots(DIMS);
    const [a, b] = [window(4, 1), window(4, 2)];
    slots.compose([a, b]);
    slots.forget(a);
    floatsOf(a.tensors.cross_k_0).fill(9);
    expect(crossValues(slots.compose([a, b]))[0]).toEqual(new Array(8).fill(9));
  });

  it('takes memory for the rows and positions there are, and none anew for what fits', () => {
    const slots = new CrossSlots(DIMS);
    const memory = (rows: readonly CrossAttention[]): ArrayBufferLike =>
      floatsOf(slots.compose(rows).feeds.cross_k_0).buffer;
    const rows = (count: number, positions: number): CrossAttention[] =>
      Array.from({ length: count }, () => window(positions, 1));
    const bytesOf = (count: number, positions: number): number =>
      count * positions * 2 * Float32Array.BYTES_PER_ELEMENT;
    const two = memory(rows(2, 10));
    expect(two.byteLength).toBe(bytesOf(2, 10));
    expect(memory(rows(3, 4))).toBe(two);
    expect(memory(rows(5, 10)).byteLength).toBe(bytesOf(6, 10));
    expect(two.byteLength).toBe(0);
  });
});

describe('an encoded window', () => {
  it('gives its memory back at once when it is released, however often', () => {
    const { tensors, release } = window(10, 1);
    release();
    release();
    expect(Object.values(tensors).map((tensor) => floatsOf(tensor).byteLength)).toEqual([0, 0]);
  });
});

const HEADS = 2;

/** Positions hold `first`, `first` + 1, …; the padding in front −1. */
function rowCache(length: number, first: number, padding = 0): CacheRow {
  const positions = padding + length;
  const row = Array.from({ length: positions }, (_, i) => (i < padding ? -1 : first + i - padding));
  const data = Float32Array.from([...row, ...row.map((value) => value + 1000)]);
  return { tensors: { self_k_0: floats(data, [1, HEADS, positions, 1]) }, index: 0, start: padding };
}

describe('joining self-attention caches', () => {
  it('puts rows of different lengths side by side, padded on the left to the alignment', () => {
    const { tensors, starts } = joinCaches([rowCache(3, 100), rowCache(5, 200, 4)]);
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
    const joined = joinCaches([rowCache(ALIGNMENT, 0), rowCache(7, 50)]);
    const rows = joined.starts.map((start, index) => ({ tensors: joined.tensors, index, start }));
    expect(joinCaches(rows).tensors).toBe(joined.tensors);
    expect(rows.map(filledPositions)).toEqual([ALIGNMENT, 7]);
    expect(joinCaches([...rows].reverse()).tensors).not.toBe(joined.tensors);
    expect(joinCaches(rows.slice(0, 1)).tensors).not.toBe(joined.tensors);
  });
});
