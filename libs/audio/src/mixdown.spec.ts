import { describe, expect, it } from '@jest/globals';
import { Mixdown } from './mixdown.js';

const RATE = 16_000;

/** A second of speech-like sound: a tone that swells and fades. */
const tone = Float32Array.from(
  { length: RATE },
  (_, i) => 0.5 * Math.sin((2 * Math.PI * 200 * i) / RATE) * Math.sin((Math.PI * 4 * i) / RATE) ** 2,
);

function interleave(...channels: readonly Float32Array[]): Float32Array {
  return Float32Array.from(
    { length: channels[0]!.length * channels.length },
    (_, i) => channels[i % channels.length]![Math.floor(i / channels.length)]!,
  );
}

function mix(interleaved: Float32Array, channels = 2, chunkFrames = 320): Float32Array {
  const mixdown = new Mixdown(channels, RATE);
  const mixed: number[] = [];
  for (let at = 0; at < interleaved.length; at += chunkFrames * channels)
    mixed.push(...mixdown.push(interleaved.subarray(at, at + chunkFrames * channels)));
  return Float32Array.from(mixed);
}

/** Largest difference of two signals of one length: silence below −80 dBFS may be mixed either way. */
function distance(samples: Float32Array, others: Float32Array): number {
  expect(samples.length).toBe(others.length);
  return samples.reduce((most, sample, i) => Math.max(most, Math.abs(sample - others[i]!)), 0);
}

/** The largest step between two samples: a click shows in it. */
function largestStep(samples: Float32Array): number {
  return samples.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (samples[i - 1] ?? 0))), 0);
}

describe('Mixdown', () => {
  it('takes the mean of channels that agree, of one that is silent, and of unrelated ones', () => {
    const other = Float32Array.from(tone, (_, i) => 0.3 * Math.sin((2 * Math.PI * 317 * i) / RATE));
    const silent = new Float32Array(tone.length);
    expect(mix(interleave(tone, tone))).toEqual(tone);
    expect(mix(interleave(tone, silent))).toEqual(tone.map((sample) => sample / 2));
    expect(mix(interleave(tone, other))).toEqual(
      Float32Array.from(tone, (sample, i) => (sample + other[i]!) / 2),
    );
  });

  it.each([1, 7, 320, 16_000])(
    'takes one of two opposite channels, from the first sample, in pieces of %i',
    (chunk) => {
      const opposite = tone.map((sample) => -sample);
      expect(distance(mix(interleave(tone, opposite), 2, chunk), tone)).toBeLessThan(2e-4);
    },
  );

  it('takes the louder one where neither is as loud as the other', () => {
    const opposite = tone.map((sample) => -0.8 * sample);
    expect(distance(mix(interleave(opposite, tone)), tone)).toBeLessThan(2e-4);
  });

  it('does not click where phases turn in mid-stream and back', () => {
    const turned = tone.map((sample, i) => (i > RATE * 0.3 && i < RATE * 0.7 ? -sample : sample));
    const mixed = mix(interleave(tone, turned));
    expect(largestStep(mixed)).toBeLessThan(largestStep(tone) * 1.5);
    const energy = (samples: Float32Array) => samples.reduce((sum, sample) => sum + sample * sample, 0);
    expect(energy(mixed)).toBeGreaterThan(0.8 * energy(tone));
  });

  it('mixes six channels, two of them opposite to the others', () => {
    const opposite = tone.map((sample) => -sample);
    const mixed = mix(interleave(tone, tone, opposite, tone, tone, opposite), 6);
    expect(
      distance(
        mixed,
        tone.map((sample) => sample / 3),
      ),
    ).toBeLessThan(1e-6);
  });
});
