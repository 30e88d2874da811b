import { describe, expect, it } from '@jest/globals';
import { RingBuffer } from './ring-buffer.js';
import { floatToInt16, int16ToFloat } from './sample-format.js';

const ramp = (from: number, to: number): Float32Array =>
  Float32Array.from({ length: to - from }, (_, i) => from + i);

describe('RingBuffer', () => {
  it('keeps what is not released, over the wrap and while it grows', () => {
    const ring = new RingBuffer(10);
    ring.push(ramp(0, 7));
    ring.release(4);
    ring.push(ramp(7, 14));
    expect([ring.start, ring.end, ring.capacity]).toEqual([4, 14, 10]);
    ring.push(ramp(14, 31));
    expect([...ring.slice(4)]).toEqual([...ramp(4, 31)]);
    expect([...ring.slice(9, 20)]).toEqual([...ramp(9, 20)]);
  });

  it('shrinks back when little must be kept', () => {
    const ring = new RingBuffer(10);
    ring.push(ramp(0, 1000));
    ring.release(997);
    expect(ring.capacity).toBe(10);
    expect([...ring.slice(0)]).toEqual([997, 998, 999]);
  });

  it('returns nothing for a stretch that is gone or yet to come', () => {
    const ring = new RingBuffer(4);
    ring.push(ramp(0, 10));
    ring.release(6);
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
