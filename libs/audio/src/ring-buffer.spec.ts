import { describe, expect, it } from '@jest/globals';
import { RingBuffer } from './ring-buffer.js';
import { floatToInt16, int16ToFloat } from './sample-format.js';

const ramp = (from: number, to: number): Float32Array =>
  Float32Array.from({ length: to - from }, (_, i) => from + i);

describe('RingBuffer', () => {
  it('gives back any stretch it still keeps, over the wrap', () => {
    const ring = new RingBuffer(10);
    ring.push(ramp(0, 7));
    ring.push(ramp(7, 14));
    expect([ring.start, ring.end]).toEqual([4, 14]);
    expect([...ring.slice(5, 13)]).toEqual([...ramp(5, 13)]);
    expect([...ring.slice(0)]).toEqual([...ramp(4, 14)]);
  });

  it('keeps the newest of a chunk larger than itself', () => {
    const ring = new RingBuffer(4);
    ring.push(ramp(0, 3));
    ring.push(ramp(3, 20));
    expect([...ring.slice(0)]).toEqual([...ramp(16, 20)]);
  });

  it('returns nothing for a stretch that is gone or yet to come', () => {
    const ring = new RingBuffer(4);
    ring.push(ramp(0, 10));
    expect(ring.slice(0, 3).length + ring.slice(10, 12).length).toBe(0);
  });
});

describe('16-bit samples', () => {
  it('survive a round trip, and loud floats are clipped', () => {
    const samples = Int16Array.of(-32768, -1, 0, 1, 32767);
    expect(floatToInt16(int16ToFloat(samples))).toEqual(samples);
    expect(floatToInt16(Float32Array.of(2, -2))).toEqual(Int16Array.of(32767, -32768));
  });
});
