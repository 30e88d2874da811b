import { describe, expect, it } from '@jest/globals';
import type { RecognizedWord } from './options.js';
import { timeSegments, wordsBehind, type AlignedWord, type TimedWord } from './word-timing.js';

/** The alignment that was given to openai-whisper 20250625's add_word_timestamps for the golden below. */
const ALIGNMENT: AlignedWord[] = (
  [
    [' Well', 0, 1.9, 0.9],
    [',', 1.9, 1.92, 0.5],
    [' this', 3, 3.2, 0.9],
    [' is', 3.2, 3.4, 0.9],
    [' it', 3.4, 3.6, 0.9],
    ['.', 3.6, 5.2, 0.6],
    [' "', 6, 6.1, 0.4],
    ['Yes', 6.1, 6.4, 0.9],
    ['!', 6.4, 6.4, 0.9],
    [' he', 6.5, 6.7, 0.8],
    [' said', 6.7, 9.9, 0.7],
  ] as const
).map(([text, start, end, probability], i) => ({ text, start, end, probability, tokens: [100 + i] }));

const segments = timeSegments(
  [
    { start: 12, end: 14, textTokens: 6 },
    { start: 16, end: 17.2, textTokens: 5 },
  ],
  ALIGNMENT,
  10,
  8,
);

describe('word times in segments', () => {
  it("joins punctuation and shortens long words as openai-whisper's add_word_timestamps does", () => {
    const words = segments.flatMap((segment) =>
      segment.words.map(({ text, start, end }) => [text, start, end] as const),
    );
    const golden = [
      [' Well,', 11.5, 11.9],
      [' this', 13, 13.2],
      [' is', 13.2, 13.4],
      [' it.', 13.4, 13.6],
      [' "Yes!', 16.1, 16.4],
      [' he', 16.5, 16.7],
      [' said', 16.7, 17.2],
    ] as const;
    expect(words.map(([text]) => text)).toEqual(golden.map(([text]) => text));
    golden.forEach(([, start, end], i) => {
      expect(words[i]?.[1]).toBeCloseTo(start, 6);
      expect(words[i]?.[2]).toBeCloseTo(end, 6);
    });
  });

  it('fits the segments to their words', () => {
    expect(segments[0]?.start).toBeCloseTo(11.5, 6);
    expect(segments[0]?.end).toBeCloseTo(13.6, 6);
    expect(segments[1]?.start).toBeCloseTo(16.1, 6);
    expect(segments[1]?.end).toBeCloseTo(17.2, 6);
  });

  it('keeps the decoded times of a segment without words', () => {
    expect(timeSegments([{ start: 1, end: 2, textTokens: 0 }], [], 0, 0)).toEqual([
      { start: 1, end: 2, words: [] },
    ]);
  });
});

const committed = (text: string, ...tokens: number[]): RecognizedWord => ({
  text,
  tokens,
  startMs: 0,
  endMs: 0,
  confidence: 1,
});
const timed = (text: string, ...tokens: number[]): TimedWord => ({
  text,
  tokens,
  start: 1,
  end: 1.5,
  probability: 0.5,
});
const texts = (words: readonly RecognizedWord[]): string[] => words.map(({ text }) => text);

describe('the words behind a settled prefix', () => {
  it('are all of them where nothing is settled', () => {
    expect(wordsBehind([], [timed(' It', 1), timed(' cost', 2)])).toEqual([
      { text: ' It', tokens: [1], startMs: 1000, endMs: 1500, confidence: 0.5 },
      { text: ' cost', tokens: [2], startMs: 1000, endMs: 1500, confidence: 0.5 },
    ]);
  });

  it('begin with what goes on the last settled word', () => {
    const behind = wordsBehind(
      [committed(' It', 1), committed(' un', 2)],
      [timed(' It', 1), timed(' undid', 2, 3)],
    );
    expect(behind).toMatchObject([{ text: 'did', tokens: [3] }]);
  });

  it('lose nothing where the mark of the last settled word has come to open the next piece', () => {
    const behind = wordsBehind(
      [committed(' 14,', 1, 2)],
      [timed(' 14', 1), timed(',000', 2, 3), timed(' men', 4)],
    );
    expect(texts(behind)).toEqual(['000', ' men']);
    expect(behind[0]?.tokens).toEqual([3]);
  });

  it('are the rest of a word that several settled pieces are part of', () => {
    const behind = wordsBehind(
      [committed(' and', 1), committed(' "', 2), committed('Ha', 3)],
      [timed(' and', 1), timed(' "Hallo', 2, 3, 4)],
    );
    expect(texts(behind)).toEqual(['llo']);
  });
});
