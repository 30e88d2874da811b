import { describe, expect, it } from '@jest/globals';
import { TimeLine } from './time-line.js';

/** Silence before each of the packets, milliseconds; packets are given by their start and length. */
function silences(...packets: readonly (readonly [number, number])[]): number[] {
  const line = new TimeLine();
  return packets.map(([atMs, ms]) => line.add(atMs * 16, ms * 16) / 16);
}

describe('TimeLine', () => {
  it('leaves packets together that follow each other, jitter and encoder delay included', () => {
    expect(silences([-7, 20], [13, 20], [34, 20], [50, 20], [110, 20])).toEqual([0, 0, 0, 0, 0]);
  });
  it('keeps the silence before the first packet and between two', () => {
    expect(silences([4_000, 1_000], [5_000, 1_000], [8_000, 1_000])).toEqual([4_000, 0, 2_000]);
  });
  it('begins a piece of a longer stream at its own start', () => {
    expect(silences([3_600_000, 1_000], [3_601_000, 1_000], [3_604_000, 1_000])).toEqual([0, 0, 2_000]);
  });
  it('goes on where a second time line begins, and keeps the gaps in it', () => {
    expect(silences([0, 5_000], [0, 1_000], [3_000, 1_000])).toEqual([0, 0, 2_000]);
  });
});
