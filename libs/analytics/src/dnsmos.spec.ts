import { describe, expect, it } from '@jest/globals';
import { DNSMOS_SAMPLES, dnsmosRatings, dnsmosSegments } from './dnsmos.js';

const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i);

describe('the segments of a recording that are rated', () => {
  it('are one of a short recording, which is repeated', () => {
    const segments = dnsmosSegments(ramp(80_000));
    expect(segments).toHaveLength(DNSMOS_SAMPLES);
    expect([segments[79_999], segments[80_000], segments[DNSMOS_SAMPLES - 1]]).toEqual([79_999, 0, 64_159]);
  });

  it('begin a second apart, and are eight at most, spread over the recording', () => {
    const starts = (seconds: number): number[] => {
      const segments = dnsmosSegments(ramp(seconds * 16_000));
      return Array.from(
        { length: segments.length / DNSMOS_SAMPLES },
        (_, i) => segments[i * DNSMOS_SAMPLES]! / 16_000,
      );
    };
    expect(starts(10)).toEqual([0]);
    expect(starts(12)).toEqual([0, 1, 2]);
    expect(starts(120)).toEqual([0, 16, 31, 47, 63, 79, 94, 110]);
  });
});

it('ratings are what listeners say for what the model says', () => {
  // speechmos 0.0.1.1 says the same of these outputs (DNSMOS.get_polyfit_val).
  const { signal, background, overall } = dnsmosRatings([3, 3, 3, 4, 4, 4]);
  expect(signal).toBeCloseTo((2.91200747 + 3.54503754) / 2, 5);
  expect(background).toBeCloseTo((3.2464 + 3.93387302) / 2, 5);
  expect(overall).toBeCloseTo((2.7834539 + 3.42527879) / 2, 5);
});
