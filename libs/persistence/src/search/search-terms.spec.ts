import { describe, expect, it } from '@jest/globals';
import { foldWord, MOST_TERMS, phrasePositions, termsOf, tokensOf } from './search-terms.js';

describe('the words of a text', () => {
  it.each([
    ['case', 'Market', 'MARKET'],
    ['accents', 'café', 'cafe'],
    ['how an accent is written', 'caf\u00e9', 'cafe\u0301'],
    ['compatible forms', 'ﬁre', 'fire'],
    ['full-width letters', 'ＡＢＣ', 'abc'],
    ['the German sharp s', 'Straße', 'STRASSE'],
    ['the kind of apostrophe', 'don’t', "don't"],
    ['Greek accents and final sigma', 'Λόγος', 'λογοσ'],
    ['Arabic vowel points', 'كَتَبَ', 'كتب'],
  ])('are one whatever %s', (_name, one, other) => {
    expect(foldWord(one)).toBe(foldWord(other));
  });

  it('keep marks that are letters: vowels of Hindi, voiced kana', () => {
    expect(foldWord('की')).not.toBe(foldWord('का'));
    expect(foldWord('が')).not.toBe(foldWord('か'));
  });

  it('have their places in the text as it is', () => {
    const text = 'Ça va? I don’t know — 42 times.';
    expect(tokensOf(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      'Ça',
      'va',
      'I',
      'don’t',
      'know',
      '42',
      'times',
    ]);
    expect(tokensOf(text)[0]?.term).toBe('ca');
  });

  it('are told apart in languages without spaces', () => {
    expect(termsOf('私は東京に住んでいます')).toEqual(expect.arrayContaining(['私', '東京']));
    expect(termsOf('我昨天去了市场').length).toBeGreaterThan(2);
    expect(termsOf('ฉันชอบกาแฟ').length).toBeGreaterThan(1);
  });

  it('come once each from all texts, at most a bounded number', () => {
    expect(termsOf('the cat and the dog', 'The bird')).toEqual(['the', 'cat', 'and', 'dog', 'bird']);
    const many = Array.from({ length: MOST_TERMS + 50 }, (_, index) => `word${index}`).join(' ');
    expect(termsOf(many)).toHaveLength(MOST_TERMS);
  });

  it('are found as a phrase where they stand in that order, next to each other', () => {
    const tokens = tokensOf('To be, or not to be');
    expect(phrasePositions(tokens, ['to', 'be'])).toEqual([0, 4]);
    expect(phrasePositions(tokens, ['be', 'to'])).toEqual([]);
    expect(phrasePositions(tokens, [])).toEqual([]);
  });
});
