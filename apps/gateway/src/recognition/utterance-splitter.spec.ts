import { describe, expect, it } from '@jest/globals';
import { floatToPcm } from '@parlance/audio';
import { READ_SPEECH, speechPcm } from '../../../../test/support/speech-samples.js';
import { UtteranceSplitter, type SplitEvent } from './utterance-splitter.js';

const OPTIONS = { silenceMs: 500, maxUtteranceMs: 28_000 };
const RATE = 16;

/** A tone of a level among noise that is far below it. */
function sound(ms: number, dbfs: number): Buffer {
  const samples = Float32Array.from({ length: ms * RATE }, (_, i) => {
    const noise = Math.sin(i * 12.9898) * 43_758.5453;
    const amplitude = 10 ** (dbfs / 20) * Math.SQRT2;
    return amplitude * Math.sin((2 * Math.PI * 220 * i) / 16_000) + (noise - Math.floor(noise) - 0.5) * 0.002;
  });
  return floatToPcm(samples);
}
const pause = (ms: number): Buffer => sound(ms, -100);
const ended = (events: readonly SplitEvent[]) => events.flatMap((one) => (one.kind === 'ended' ? [one] : []));
const kinds = (events: readonly SplitEvent[]) => events.map(({ kind }) => kind);

describe('a stream split by its loudness', () => {
  it('gives each utterance with its soft ends, and where it lies in the stream', () => {
    const splitter = new UtteranceSplitter(OPTIONS);
    const stream = Buffer.concat([pause(1_000), sound(1_200, -25), pause(900), sound(800, -25), pause(900)]);
    const events: SplitEvent[] = [];
    // Frames of any length.
    for (let at = 0; at < stream.length; at += 1_466)
      events.push(...splitter.push(stream.subarray(at, at + 1_466)));
    expect(kinds(events)).toEqual(['started', 'confirmed', 'ended', 'started', 'confirmed', 'ended']);
    const [first, second] = ended(events);
    expect(Math.abs(first!.startMs - 700)).toBeLessThan(60);
    expect(Math.abs(first!.endMs - 2_500)).toBeLessThan(60);
    expect(second!.startMs).toBeGreaterThanOrEqual(first!.endMs);
    for (const { pcm, startMs, endMs } of [first!, second!]) {
      expect(pcm.length).toBe((endMs - startMs) * RATE * 2);
      expect(pcm.equals(stream.subarray(startMs * RATE * 2, endMs * RATE * 2))).toBe(true);
    }
    expect(splitter.audioMs).toBe(4_800);
  });

  it('takes no click, no pause within a sentence and no noise for an utterance of its own', () => {
    const splitter = new UtteranceSplitter(OPTIONS);
    expect(splitter.push(Buffer.concat([sound(40, -20), pause(800)]))).toEqual([]);
    expect(splitter.push(sound(5_000, -60))).toEqual([]);
    const sentence = Buffer.concat([sound(600, -25), pause(300), sound(600, -25), pause(700)]);
    expect(ended(splitter.push(sentence))).toHaveLength(1);
  });

  it('ends what is spoken when asked to, and at the longest utterance', () => {
    const splitter = new UtteranceSplitter({ silenceMs: 500, maxUtteranceMs: 2_000 });
    expect(ended(splitter.push(sound(4_200, -25)))).toHaveLength(2);
    expect(ended(splitter.finalize())).toHaveLength(1);
    expect(splitter.finalize()).toEqual([]);
  });

  it('finds read speech', () => {
    const splitter = new UtteranceSplitter({ ...OPTIONS, silenceMs: 800 });
    const speech = speechPcm(READ_SPEECH.letter);
    const [utterance, ...others] = ended(splitter.push(Buffer.concat([pause(500), speech, pause(1_500)])));
    expect(others).toEqual([]);
    const speechMs = speech.length / 32;
    expect(utterance!.startMs).toBeLessThan(1_000);
    expect(utterance!.endMs).toBeGreaterThan(500 + speechMs * 0.85);
  });
});
