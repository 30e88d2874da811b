import { describe, expect, it } from '@jest/globals';
import { BYTES_PER_MS } from '../audio/recording.js';
import { trimmed, utterancesIn } from './spoken-script.js';

const silence = (ms: number): Buffer => Buffer.alloc(ms * BYTES_PER_MS);
const tone = (ms: number): Buffer => {
  const samples = Int16Array.from({ length: ms * 16 }, (_, i) => 8_000 * Math.sin(i / 5));
  return Buffer.from(samples.buffer);
};

describe('cutting a recording into utterances', () => {
  it('parts them at pauses and leaves the silence out', () => {
    const pcm = Buffer.concat([silence(300), tone(1_500), silence(700), tone(2_000), silence(900)]);
    expect(utterancesIn(pcm).map((utterance) => utterance.pcm.length / BYTES_PER_MS)).toEqual([1_500, 2_000]);
  });

  it('keeps a short breath inside an utterance and drops a click', () => {
    const pcm = Buffer.concat([tone(800), silence(200), tone(800), silence(1_000), tone(50)]);
    expect(utterancesIn(pcm).map((utterance) => utterance.pcm.length / BYTES_PER_MS)).toEqual([1_800]);
  });

  it('refuses a recording without speech', () => {
    expect(() => utterancesIn(silence(3_000))).toThrow('no speech');
  });

  it('trims one utterance to its sound', () => {
    const pcm = Buffer.concat([silence(400), tone(1_000), silence(250)]);
    expect(trimmed(pcm)).toEqual(tone(1_000));
  });
});
