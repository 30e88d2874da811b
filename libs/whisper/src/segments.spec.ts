import { describe, expect, it } from '@jest/globals';
import { splitWindow } from './segments.js';

const BEGIN = 1000;
/** Token of a timestamp, seconds. */
const at = (seconds: number): number => BEGIN + Math.round(seconds / 0.02);

describe('splitting a window into segments', () => {
  it('cuts at timestamp pairs and goes on from the last pair where the rest is unfinished', () => {
    const tokens = [at(0), 1, 2, at(4), at(4), 3, at(7.5), at(7.5), 4];
    const split = splitWindow(tokens, BEGIN, 3000, 3000);
    expect(split.segments.map(({ start, end }) => [start, end])).toEqual([
      [30, 34],
      [34, 37.5],
    ]);
    expect(split.segments[1]?.tokens).toEqual([at(4), 3, at(7.5)]);
    expect(split.nextSeek).toBe(3750);
  });

  it('takes the whole window where it ends with one timestamp alone', () => {
    const split = splitWindow([at(0), 1, at(4), at(4), 2, at(9)], BEGIN, 0, 1200);
    expect(split.segments).toHaveLength(2);
    expect(split.endsWithSingleTimestamp).toBe(true);
    expect(split.nextSeek).toBe(1200);
  });

  it('makes one segment to the last timestamp where there are no pairs', () => {
    const split = splitWindow([at(0), 1, 2, at(3)], BEGIN, 100, 800);
    expect(split.segments.map(({ start, end }) => [start, end])).toEqual([[1, 4]]);
    expect(split.nextSeek).toBe(900);
  });

  it('makes one segment of the whole window where no time was written', () => {
    expect(splitWindow([1, 2, 3], BEGIN, 0, 512).segments.map(({ end }) => end)).toEqual([5.12]);
    expect(splitWindow([at(0), 1, 2], BEGIN, 0, 512).segments.map(({ end }) => end)).toEqual([5.12]);
  });
});
