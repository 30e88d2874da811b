import { describe, expect, it } from '@jest/globals';
import { SpeechOnset } from './speech-onset.js';

const RATE = 16_000;

function voice(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let n = 1; n <= 12; n++) sum += Math.sin((2 * Math.PI * n * 150 * i) / RATE) / n;
    return 0.1 * sum;
  });
}

function noise(count: number): Float32Array {
  let state = 7;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * 0.2;
  });
}

/** What so many frames of a sound decide, in order, without repetitions. */
function frames(
  onset: SpeechOnset,
  count: number,
  probability: number,
  sound: (count: number) => Float32Array,
) {
  const decided = Array.from({ length: count }, () => onset.push(probability, sound));
  return [...new Set(decided.filter((each) => each !== undefined))];
}

describe('SpeechOnset', () => {
  it('takes 384 ms of a voice for speech, 64 ms for what may be', () => {
    const onset = new SpeechOnset();
    expect(frames(onset, 1, 0.9, voice)).toEqual([]);
    expect(frames(onset, 1, 0.9, voice)).toEqual(['possible']);
    expect(frames(onset, 9, 0.9, voice)).toEqual([]);
    expect(onset.push(0.9, voice)).toBe('speech');
    expect(onset.onset).toEqual({ speechProbability: expect.closeTo(0.9), voicedMs: 384 });
  });

  it('dismisses a cough when it is over', () => {
    const onset = new SpeechOnset();
    expect(frames(onset, 10, 0.8, noise)).toEqual(['possible']);
    expect(frames(onset, 4, 0.01, noise)).toEqual([]);
    expect(frames(onset, 1, 0.01, noise)).toEqual(['over']);
    expect(onset.onset).toEqual({ speechProbability: expect.closeTo(0.8), voicedMs: 0 });
    expect(frames(onset, 20, 0.01, noise)).toEqual([]);
  });

  it('dismisses an “mhm”, which is a voice but short', () => {
    const onset = new SpeechOnset();
    expect(frames(onset, 10, 0.9, voice)).toEqual(['possible']);
    expect(frames(onset, 8, 0.01, noise)).toEqual(['over']);
  });

  it('does not believe a voice that hardly is one', () => {
    expect(frames(new SpeechOnset(), 20, 0.45, voice)).toEqual([]);
  });

  it('bridges the gap within a word, and begins anew after a longer one', () => {
    const bridged = new SpeechOnset();
    frames(bridged, 8, 0.9, voice);
    frames(bridged, 3, 0.01, noise);
    expect(frames(bridged, 4, 0.9, voice)).toEqual(['speech']);
    const anew = new SpeechOnset();
    frames(anew, 8, 0.9, voice);
    frames(anew, 5, 0.01, noise);
    expect(frames(anew, 4, 0.9, voice)).toEqual(['possible']);
  });

  it('says nothing at the end of speech', () => {
    const onset = new SpeechOnset();
    frames(onset, 14, 0.9, voice);
    expect(frames(onset, 20, 0.01, noise)).toEqual([]);
  });
});
