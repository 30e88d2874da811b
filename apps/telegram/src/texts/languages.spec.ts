import { describe, expect, it } from '@jest/globals';
import { languageOf, LANGUAGES, textsOf } from './languages.js';
import { COMMANDS } from './texts.js';

describe('the texts', () => {
  it.each(Object.entries(LANGUAGES))(
    'in %s have a menu that Telegram takes, and nothing empty',
    (_, texts) => {
      for (const command of COMMANDS) {
        expect(texts.commands[command].length).toBeGreaterThan(2);
        expect(texts.commands[command].length).toBeLessThanOrEqual(256);
      }
      for (const text of JSON.stringify(texts).match(/"(?:[^"\\]|\\.)*"/g) ?? []) expect(text).not.toBe('""');
    },
  );

  it.each([
    ['de-AT', 'de'],
    ['ES', 'es'],
    ['uk', 'en'],
    ['', 'en'],
    ['constructor', 'en'],
  ])('of %s are those of %s', (tag, language) => {
    expect(languageOf(tag)).toBe(language);
    expect(textsOf(tag)).toBe(LANGUAGES[language as 'en']);
  });

  it('count in the singular where it is one', () => {
    const streak = { current: 1, longest: 3, isTodayDone: false };
    expect(LANGUAGES.en.streak(streak, 'UTC')).toContain('1 day in a row');
    expect(LANGUAGES.de.busy(2)).toContain('2 Sekunden');
  });
});
