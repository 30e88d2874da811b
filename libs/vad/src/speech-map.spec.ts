import { describe, expect, it } from '@jest/globals';
import { SpeechMap } from './speech-map.js';

function mapOf(...stretches: readonly (readonly [number, number])[]): SpeechMap {
  const map = new SpeechMap();
  for (const [probability, count] of stretches) map.add(new Float32Array(count).fill(probability));
  return map;
}

describe('SpeechMap', () => {
  it('finds speech where it is, within the margin of Whisper’s timestamps', () => {
    const map = mapOf([0.01, 20_000], [0.8, 10], [0.01, 20_000]);
    const speechMs = 20_000 * 32;
    expect(map.hasSpeech).toBe(true);
    expect(map.isSpeech(speechMs, speechMs + 320)).toBe(true);
    expect(map.isSpeech(speechMs - 1000, speechMs - 300)).toBe(true);
    expect(map.isSpeech(speechMs - 5000, speechMs - 1000)).toBe(false);
    expect(map.isSpeech(speechMs + 2000, speechMs + 90_000)).toBe(false);
  });

  it('hears no speech in silence or in a click', () => {
    expect(mapOf([0.02, 1000], [0.9, 2], [0.02, 1000]).hasSpeech).toBe(false);
    expect(mapOf().isSpeech(0, 10_000)).toBe(false);
  });

  it('tells stretches of speech apart by half a second of silence, and leaves clicks out', () => {
    const map = mapOf(
      [0.01, 100],
      [0.8, 20],
      [0.01, 10],
      [0.8, 5],
      [0.01, 40],
      [0.9, 2],
      [0.01, 40],
      [0.8, 10],
    );
    expect(map.stretches(0, 60_000)).toEqual([
      { startMs: 100 * 32, endMs: 135 * 32 },
      { startMs: 217 * 32, endMs: 227 * 32 },
    ]);
    expect(map.stretches(0, 2_000)).toEqual([]);
  });
});
