import { describe, expect, it } from '@jest/globals';
import { CrossPool, type CrossAttention } from './cross-attention.js';
import { CrossSlots, type CrossBatch } from './cross-slots.js';
import { bigintsOf, floatsOf } from './tensors.js';

const DIMS = {
  mels: 80,
  encoderContext: 10,
  vocabulary: 100,
  decoderContext: 448,
  decoderLayers: 1,
  decoderHeads: 2,
  decoderWidth: 2,
};

function window(pool: CrossPool, positions: number, value: number): CrossAttention {
  const cross = pool.acquire(positions);
  for (const tensor of Object.values(cross.tensors)) floatsOf(tensor).fill(value);
  return cross;
}

/** For each slot the values heard, in both heads. */
function heard({ feeds }: CrossBatch): number[][] {
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
    const pool = new CrossPool(DIMS);
    const slots = new CrossSlots(DIMS);
    const batch = slots.compose([window(pool, 3, 7), window(pool, 5, 8)]);
    expect(batch.feeds.cross_k_0?.dims).toEqual([2, 2, 5, 1]);
    expect(batch.order).toEqual([0, 1]);
    expect(heard(batch)).toEqual([new Array(6).fill(7), new Array(10).fill(8)]);
  });

  it('leaves who stays in place, and seats who comes where somebody left', () => {
    const pool = new CrossPool(DIMS);
    const slots = new CrossSlots(DIMS);
    const [a, b, c, d] = [1, 2, 3, 4].map((value) => window(pool, 5, value)) as [
      CrossAttention,
      CrossAttention,
      CrossAttention,
      CrossAttention,
    ];
    slots.compose([a, b, c]);
    const next = slots.compose([d, c, b]);
    // a's slot goes to d; b and c stay in slots 1 and 2.
    expect(next.order).toEqual([0, 2, 1]);
    expect(heard(next)).toEqual([4, 2, 3].map((value) => new Array(10).fill(value)));
    // From slot 2 into a batch of two, and back among three: never twice.
    expect(heard(slots.compose([c, d]))).toEqual([4, 3].map((value) => new Array(10).fill(value)));
    expect(
      heard(slots.compose([a, c, d]))
        .map(([value]) => value)
        .sort(),
    ).toEqual([1, 3, 4]);
  });

  it('copies a window again that was forgotten', () => {
    const pool = new CrossPool(DIMS);
    const slots = new CrossSlots(DIMS);
    const [a, b] = [window(pool, 4, 1), window(pool, 4, 2)];
    slots.compose([a, b]);
    slots.forget(a);
    floatsOf(a.tensors.cross_k_0).fill(9);
    expect(heard(slots.compose([a, b]))[0]).toEqual(new Array(8).fill(9));
  });
});

describe('the memory for encoded windows', () => {
  it('is used again, and once released belongs to another', () => {
    const pool = new CrossPool(DIMS);
    const first = pool.acquire(10);
    const memory = floatsOf(first.tensors.cross_k_0).buffer;
    first.release();
    first.release();
    const second = pool.acquire(4);
    const third = pool.acquire(4);
    expect(floatsOf(second.tensors.cross_k_0).buffer).toBe(memory);
    expect(floatsOf(third.tensors.cross_k_0).buffer).not.toBe(memory);
    expect(second.tensors.cross_k_0?.dims).toEqual([1, 2, 4, 1]);
  });
});
