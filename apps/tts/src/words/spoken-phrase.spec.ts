import { describe, expect, it } from '@jest/globals';
import { SpokenPhrase, wordsOf } from './spoken-phrase.js';

const never = () => Promise.reject(new Error('not asked for'));
/** Each sound takes 10 ms, with 20 ms before and behind. */
function placed(phrase: SpokenPhrase, runs: readonly string[]): SpokenPhrase {
  let startMs = 0;
  for (const sounds of runs) {
    const lengths = [2, ...[...sounds].map(() => 1), 2];
    const endMs = startMs + 10 * lengths.reduce((sum, length) => sum + length, 0);
    phrase.locate({ sounds, lengths, startMs, endMs });
    startMs = endMs;
  }
  return phrase;
}

describe('a spoken phrase', () => {
  it('has its words where their sounds are; marks and spaces belong to none', async () => {
    const clauses = [
      { text: 'Hi Tom', mark: ',' },
      { text: 'so', mark: '?' },
    ];
    const phrase = new SpokenPhrase(clauses, ['haɪ tɒm,', 'səʊ?']);
    expect(phrase.line).toBe('haɪ tɒm, səʊ?');
    expect(await placed(phrase, [phrase.line]).words('en', never)).toEqual([
      { text: 'Hi', startMs: 20, endMs: 50 },
      { text: 'Tom', startMs: 60, endMs: 90 },
      { text: 'so', startMs: 110, endMs: 140 },
    ]);
  });

  it('is spoken in several runs, between which spaces are lost', async () => {
    const phrase = new SpokenPhrase([{ text: 'one two', mark: '.' }], ['wʌn tuː.']);
    const words = await placed(phrase, ['wʌn', 'tuː.']).words('en', never);
    expect(words).toEqual([
      { text: 'one', startMs: 20, endMs: 50 },
      { text: 'two', startMs: 90, endMs: 120 },
    ]);
  });

  it('tells words apart by their own sounds where they are run together, or are several', async () => {
    const phrase = new SpokenPhrase([{ text: 'of the 21', mark: '' }], ['ʌvðə twɛnti wʌn']);
    const spell = () => Promise.resolve(['ʌv', 'ðə', 'twɛnti wʌn']);
    expect(await placed(phrase, [phrase.line]).words('en', spell)).toEqual([
      { text: 'of', startMs: 20, endMs: 40 },
      { text: 'the', startMs: 40, endMs: 60 },
      { text: '21', startMs: 70, endMs: 170 },
    ]);
  });

  it('has no words of a clause without sounds, and of what was not spoken', async () => {
    const phrase = new SpokenPhrase(
      [
        { text: 'a', mark: ',' },
        { text: 'b', mark: '.' },
      ],
      ['', 'biː.'],
    );
    expect(await phrase.words('en', never)).toEqual([]);
    expect(await placed(phrase, ['biː.']).words('en', never)).toMatchObject([{ text: 'b', startMs: 20 }]);
  });
});

describe('the words of a text', () => {
  it.each([
    ["Don't go, well-known Mr. Smith!", 'en-US', ["Don't", 'go', 'well', 'known', 'Mr', 'Smith']],
    ['It costs 3.50 €.', 'en', ['It', 'costs', '3.50']],
    ['今日は東京です。', 'ja', ['今日', 'は', '東京', 'です']],
    ['nuqneH, tlhIngan', 'x', ['nuqneH', 'tlhIngan']],
    ['?!', 'en', []],
  ])('of %j in %s are %j', (text, language, words) => {
    expect(wordsOf(text, language)).toEqual(words);
  });
});
