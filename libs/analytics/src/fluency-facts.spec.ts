import { describe, expect, it } from '@jest/globals';
import { disfluencies } from './disfluencies.js';
import { fluencyFacts, type SpokenWord } from './fluency-facts.js';

/** Words of 200 ms each, 50 ms apart; a number is a silence before the next word, ms. */
function spoken(...parts: readonly (string | number)[]): SpokenWord[] {
  const words: SpokenWord[] = [];
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'number') at += part - 50;
    else
      for (const text of part.split(' ')) {
        words.push({ text, startMs: at, endMs: at + 200 });
        at += 250;
      }
  }
  return words;
}

describe('facts of fluency', () => {
  it('have rates over the time from the first word to the last', () => {
    const facts = fluencyFacts(spoken('one two three four', 1000, 'five six'))!;
    // 4 words and 3 gaps, 950 ms; the pause; 2 words and a gap, 450 ms.
    expect(facts.speechRateWpm).toBeCloseTo((6 * 60_000) / 2400, 6);
    expect(facts.articulationRateWpm).toBeCloseTo((6 * 60_000) / 1400, 6);
    expect(facts.phonationTimeRatio).toBeCloseTo(1400 / 2400, 6);
    expect(facts.meanLengthOfRun).toBe(3);
  });

  it('tell the length and the location of pauses', () => {
    const { pauses } = fluencyFacts(
      spoken('Well,', 300, 'I went home.', 1500, 'It was', 600, 'late', 240, 'then'),
    )!;
    expect(pauses.map(({ length, location, word }) => [length, location, word])).toEqual([
      ['short', 'clause', 0],
      ['long', 'sentence', 3],
      ['medium', 'phrase', 5],
    ]);
    expect(pauses[0]).toMatchObject({ startMs: 200, endMs: 500 });
  });

  it('count no filler as a word', () => {
    const facts = fluencyFacts(spoken('I um went er home'))!;
    expect(facts.meanLengthOfRun).toBe(3);
    expect(facts.disfluencies.map(({ kind, words }) => [kind, words])).toEqual([
      ['filler', [1]],
      ['filler', [3]],
    ]);
  });

  it('are none without words, and rates of one word', () => {
    expect(fluencyFacts([])).toBeUndefined();
    expect(fluencyFacts(spoken('Hello.'))).toMatchObject({
      speechRateWpm: 300,
      meanLengthOfRun: 1,
      pauses: [],
    });
  });
});

describe('disfluencies', () => {
  const found = (...parts: readonly (string | number)[]): string[] => {
    const words = spoken(...parts);
    return disfluencies(words, 250).map(
      ({ kind, words: own }) => `${kind}: ${own.map((i) => words[i]!.text).join(' ')}`,
    );
  };

  it('are words said again, alone or several, also behind a filler', () => {
    expect(found('I I went')).toEqual(['repetition: I']);
    expect(found('in the in the morning')).toEqual(['repetition: in the']);
    expect(found('we um we went')).toEqual(['repetition: we', 'filler: um']);
    expect(found('a a a dog')).toEqual(['repetition: a', 'repetition: a']);
  });

  it('are words begun again and changed', () => {
    expect(found('I go', 400, 'I went home')).toEqual(['repair: I go']);
    expect(found('the red um the blue car')).toEqual(['repair: the red', 'filler: um']);
    expect(found('he bought sorry he sold it')).toEqual(['repair: he bought sorry']);
    expect(found('yester- yesterday I left')).toEqual(['repair: yester-']);
  });

  it('are neither emphasis nor a list nor a sentence that begins as another', () => {
    expect(found('a very very good day')).toEqual([]);
    expect(found('the man the boy and the dog')).toEqual([]);
    expect(found('I run and I swim')).toEqual([]);
  });
});
