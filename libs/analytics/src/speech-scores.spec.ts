import { describe, expect, it } from '@jest/globals';
import type { SpeechMeasures__Output } from '@parlance/contracts';
import { scoreSpeech } from './speech-scores.js';

/** Ten seconds of well-spoken speech in a quiet room. */
function measures(change: Partial<SpeechMeasures__Output> = {}): SpeechMeasures__Output {
  return {
    audioMs: 10_000,
    speechMs: 8000,
    speechRatio: 0.8,
    speechLevelDbfs: -22,
    noiseLevelDbfs: -60,
    signalToNoiseDb: 38,
    peakDbfs: -6,
    clippingRatio: 0,
    pauses: [{ startMs: 4000, endMs: 4600 }],
    longestPauseMs: 600,
    wordCount: 21,
    speechRateWpm: 126,
    articulationRateWpm: 157,
    ...change,
  };
}

const pausesOf = (count: number, ms: number): Partial<SpeechMeasures__Output> => ({
  pauses: Array.from({ length: count }, (_, i) => ({ startMs: i * 5000, endMs: i * 5000 + ms })),
  longestPauseMs: ms,
});

function isFalling(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value < values[i - 1]!);
}

describe('scoreSpeech', () => {
  it('gives a well-spoken, well-recorded utterance full marks', () => {
    expect(scoreSpeech(measures())).toEqual({
      fluency: 100,
      pace: 100,
      pauses: 100,
      soundQuality: 100,
      overall: 100,
    });
  });

  it('lets the pace fall the slower and the faster one speaks', () => {
    const pace = (rate: number): number => scoreSpeech(measures({ articulationRateWpm: rate })).pace;
    expect(isFalling([150, 110, 80, 50, 20].map(pace))).toBe(true);
    expect(isFalling([180, 220, 260, 320].map(pace))).toBe(true);
  });

  it('lets pauses and fluency fall with more and longer pauses', () => {
    const worse = [pausesOf(2, 900), pausesOf(4, 1500), pausesOf(6, 3000)].map((change) =>
      scoreSpeech(measures(change)),
    );
    expect(isFalling(worse.map((scores) => scores.pauses))).toBe(true);
    expect(isFalling(worse.map((scores) => scores.fluency))).toBe(true);
    expect(isFalling(worse.map((scores) => scores.overall))).toBe(true);
  });

  it.each([
    ['noise', [30, 15, 8, 2].map((signalToNoiseDb) => ({ signalToNoiseDb }))],
    ['a low level', [-25, -38, -48, -58].map((speechLevelDbfs) => ({ speechLevelDbfs }))],
    ['clipping', [0, 0.002, 0.02, 0.04].map((clippingRatio) => ({ clippingRatio }))],
  ] satisfies [string, Partial<SpeechMeasures__Output>[]][])(
    'lets the sound quality fall with %s',
    (_, changes) => {
      expect(isFalling(changes.map((change) => scoreSpeech(measures(change)).soundQuality))).toBe(true);
    },
  );

  it('scores silence with nothing', () => {
    const silent = scoreSpeech(measures({ speechMs: 0, wordCount: 0, articulationRateWpm: 0, pauses: [] }));
    expect(Object.values(silent)).toEqual([0, 0, 0, 0, 0]);
  });

  it('stays within 0 and 100 at absurd measures', () => {
    const absurd = scoreSpeech(
      measures({ articulationRateWpm: 5000, signalToNoiseDb: -40, clippingRatio: 1, ...pausesOf(9, 60_000) }),
    );
    for (const score of Object.values(absurd)) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(100);
    }
  });
});
