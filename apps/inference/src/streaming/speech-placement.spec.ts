import { describe, expect, it } from '@jest/globals';
import type { Segment } from '@parlance/whisper';
import { notBefore, placedInSpeech } from './speech-placement.js';

type Times = readonly [startMs: number, endMs: number];

function segmentOf([startMs, endMs]: Times, ...words: readonly Times[]): Segment {
  return {
    ...{
      index: 0,
      startMs,
      endMs,
      text: ' said',
      tokens: [],
      tokenProbabilities: [],
      seekMs: 0,
      temperature: 0,
    },
    ...{ averageLogProbability: 0, noSpeechProbability: 0, compressionRatio: 1 },
    words: words.map((times) => ({ text: 'word', startMs: times[0], endMs: times[1], confidence: 1 })),
  };
}

function timesOf({ startMs, endMs, words }: Segment): Times[] {
  return [[startMs, endMs], ...words.map((word): Times => [word.startMs, word.endMs])];
}

const stretch = (startMs: number, endMs: number) => ({ startMs, endMs });

describe('placedInSpeech', () => {
  it('leaves times that agree with voice activity, and those it knows nothing of', () => {
    const segment = segmentOf([100, 1_800], [100, 900], [900, 1_800]);
    expect(placedInSpeech(segment, [stretch(180, 1_720)])).toEqual(segment);
    expect(placedInSpeech(segment, [])).toBe(segment);
  });

  it('moves a segment without words to the speech in it', () => {
    const placed = placedInSpeech(segmentOf([0, 30_000]), [stretch(25_000, 27_000), stretch(28_000, 29_000)]);
    expect(timesOf(placed)).toEqual([[24_936, 29_064]]);
  });

  it('moves a first word that begins with the window, and its segment', () => {
    const placed = placedInSpeech(segmentOf([0, 28_000], [0, 25_400], [25_400, 28_000]), [
      stretch(25_000, 28_000),
    ]);
    expect(timesOf(placed)).toEqual([
      [24_936, 28_000],
      [24_936, 25_400],
      [25_400, 28_000],
    ]);
  });

  it('gives a word that reaches over a silence to the speech it shares most with', () => {
    const placed = placedInSpeech(segmentOf([0, 21_000], [0, 3_500], [3_500, 19_100], [19_100, 21_000]), [
      stretch(0, 4_000),
      stretch(19_000, 21_000),
    ]);
    expect(timesOf(placed)).toEqual([
      [0, 21_000],
      [0, 3_500],
      [3_500, 4_064],
      [19_100, 21_000],
    ]);
  });

  it('moves words that stand in a silence as a whole, in their order', () => {
    const placed = placedInSpeech(
      segmentOf([20_000, 27_000], [20_000, 20_300], [20_300, 20_600], [25_000, 27_000]),
      [stretch(25_000, 27_000)],
    );
    expect(timesOf(placed)).toEqual([
      [24_936, 27_000],
      [24_936, 24_936],
      [24_936, 24_936],
      [25_000, 27_000],
    ]);
  });

  it('stays behind the segment before it, with all its words', () => {
    const later = notBefore(segmentOf([2_000, 5_000], [2_000, 2_200], [2_100, 3_000], [3_000, 5_000]), 2_240);
    expect(timesOf(later)).toEqual([
      [2_240, 5_000],
      [2_240, 2_240],
      [2_240, 3_000],
      [3_000, 5_000],
    ]);
    const behind = segmentOf([3_000, 5_000], [3_000, 5_000]);
    expect(notBefore(behind, 2_240)).toBe(behind);
  });
});
