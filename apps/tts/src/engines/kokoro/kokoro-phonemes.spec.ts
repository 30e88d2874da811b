import { describe, expect, it } from '@jest/globals';
import { kokoroPhonemes, kokoroTokens } from './kokoro-phonemes.js';
import { KOKORO_TOKENS } from './kokoro-tokens.js';

const one = (sound: string, language: string, mark = ''): string =>
  kokoroPhonemes([{ text: 'x', mark }], [sound], language);

/** What espeak-ng 1.51 says of a word (`--ipa --tie=^`), and what misaki (PyPI) 0.9 makes of the word, espeak.py. */
describe("Kokoro's sounds", () => {
  it.each([
    ['həlˈo^ʊ', 'həlˈO'],
    ['fɹˈa^ɪde^ɪ', 'fɹˈIdA'],
    ['bɪkˈʌz', 'bɪkˈʌz'],
    ['bˈɜːd', 'bˈɜɹd'],
    ['vˈɔ^ɪs', 'vˈYs'],
    ['t^ʃˈe^ɪnd^ʒ', 'ʧˈAnʤ'],
    ['nˈe^ɪt^ʃɚ', 'nˈAʧəɹ'],
    ['wˈɔːɾɚ', 'wˈɔTəɹ'],
  ])('are in American English of %s as misaki writes them: %s', (sound, written) => {
    expect(one(sound, 'en-US')).toBe(written);
  });

  it.each([
    ['həlˈə^ʊ', 'həlˈQ'],
    ['bˈɜːd', 'bˈɜːd'],
    ['nˈe^ɪt^ʃə', 'nˈAʧə'],
    ['wˈɔːtə', 'wˈɔːtə'],
    // misaki has this word in its dictionary.
    ['ðˈe^ə', 'ðˈɛː'],
  ])('are in British English of %s as misaki writes them: %s', (sound, written) => {
    expect(one(sound, 'en-GB')).toBe(written);
  });

  it.each([
    ['es', 'bwˈenos ðˈias', 'bwˈenos ðˈias'],
    ['pt-BR', 'bˈoŋ d^ʒˈiæ', 'bˈoŋ ʤˈiæ'],
    ['fr', 'bɔ̃ʒˈuʁ', 'bɔ̃ʒˈuʁ'],
  ])('are in %s of %s as misaki writes them: %s', (language, sound, written) => {
    expect(one(sound, language)).toBe(written);
  });

  it('have their marks behind the clauses, and no place for a clause without sounds', () => {
    const phrase = [
      { text: 'a', mark: ',' },
      { text: 'b', mark: '—' },
      { text: 'c', mark: '!' },
    ];
    expect(kokoroPhonemes(phrase, ['ˈʌ', '', 'sˈiː'], 'en-US')).toBe('ˈʌ, sˈi!');
  });

  it('are numbered by the table of the model; what it does not know is left out', () => {
    expect(KOKORO_TOKENS.size).toBe(114);
    expect(kokoroTokens('həlˈO!', KOKORO_TOKENS)).toEqual([50, 83, 54, 156, 31, 5]);
    expect(kokoroTokens('ʘ5', KOKORO_TOKENS)).toEqual([]);
  });
});
