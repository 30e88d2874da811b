import { describe, expect, it } from '@jest/globals';
import { cuesOf } from './subtitles.js';
import type { Segment__Output } from './voice-types.js';

type SpokenWord = readonly [text: string, startMs: number, endMs: number];

function segmentOf(text: string, startMs: number, endMs: number, ...words: SpokenWord[]): Segment__Output {
  return {
    ...{ index: 0, startMs, endMs, text, tokens: [], tokenProbabilities: [], seekMs: 0, temperature: 0 },
    ...{ averageLogProbability: 0, noSpeechProbability: 0, compressionRatio: 1 },
    words: words.map(([word, from, to]) => ({ text: word, startMs: from, endMs: to, confidence: 1 })),
  };
}

describe('cuesOf', () => {
  it('leaves a segment together whose words follow each other', () => {
    const segment = segmentOf(' One, two.', 0, 1_900, ['One,', 0, 400], ['two.', 1_500, 1_900]);
    expect(cuesOf([segment])).toEqual([{ startMs: 0, endMs: 1_900, text: ' One, two.' }]);
  });

  it('parts a segment where nobody speaks for long, and keeps its text whole', () => {
    const words: SpokenWord[] = [
      ['One,', 100, 400],
      ['one', 500, 900],
      ['two.', 15_900, 16_300],
    ];
    expect(cuesOf([segmentOf(' One, one two.', 0, 16_500, ...words)])).toEqual([
      { startMs: 0, endMs: 900, text: ' One, one ' },
      { startMs: 15_900, endMs: 16_500, text: 'two.' },
    ]);
    const unspaced: SpokenWord[] = [
      ['一', 0, 400],
      ['二。', 9_000, 9_400],
    ];
    expect(cuesOf([segmentOf('一二。', 0, 9_400, ...unspaced)]).map(({ text }) => text)).toEqual([
      '一',
      '二。',
    ]);
  });

  it('leaves a segment together of which no words are known', () => {
    expect(cuesOf([segmentOf(' One.', 0, 20_000)])).toEqual([{ startMs: 0, endMs: 20_000, text: ' One.' }]);
    const foreign: SpokenWord[] = [
      ['One.', 0, 400],
      ['three', 9_000, 9_400],
    ];
    expect(cuesOf([segmentOf(' One. Two', 0, 9_400, ...foreign)])).toHaveLength(1);
  });
});
