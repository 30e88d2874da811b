import { describe, expect, it } from '@jest/globals';
import { MU_LAW } from '@parlance/audio';
import { deltasOf, encodedReply } from './reply-audio.js';

/** Half a second of a tone at 24 kHz. */
const TONE = Buffer.from(
  Int16Array.from({ length: 12_000 }, (_, at) => 8_000 * Math.sin((2 * Math.PI * 300 * at) / 24_000)).buffer,
);

describe('the audio of a reply', () => {
  it('is as it comes at 24 kHz, in deltas of 200 ms', () => {
    expect(encodedReply(TONE, 'audio/pcm')).toBe(TONE);
    const deltas = [...deltasOf(TONE, 'audio/pcm')];
    expect(deltas.map(({ length }) => length)).toEqual([9_600, 9_600, 4_800]);
    expect(Buffer.concat(deltas).equals(TONE)).toBe(true);
  });

  it.each(['audio/pcmu', 'audio/pcma'] as const)('is resampled to 8 kHz and coded as %s', (format) => {
    const coded = encodedReply(Buffer.concat([Buffer.alloc(1), TONE]).subarray(1), format);
    expect(coded.length).toBe(4_000);
    expect([...deltasOf(coded, format)].map(({ length }) => length)).toEqual([1_600, 1_600, 800]);
    if (format === 'audio/pcma') return;
    const samples = [...coded.subarray(1_000, 3_000)].map((code) => MU_LAW[code]!);
    expect(Math.max(...samples)).toBeCloseTo(8_000 / 32_768, 1);
    const crossings = samples.filter((sample, at) => at > 0 && sample >= 0 !== samples[at - 1]! >= 0).length;
    // 300 Hz for a quarter of a second.
    expect(Math.abs(crossings - 150)).toBeLessThanOrEqual(2);
  });
});
