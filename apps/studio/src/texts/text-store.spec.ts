import { describe, expect, it } from '@jest/globals';
import { GERMAN_PAGE } from './de.data.js';
import { ENGLISH_PAGE, type TextKey } from './en.data.js';
import { SPANISH_PAGE } from './es.data.js';
import { fill, PAGE_LANGUAGES, preferredLanguage } from './text-store.js';

const valueNamesOf = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

describe.each([
  ['German', GERMAN_PAGE],
  ['Spanish', SPANISH_PAGE],
])('the texts in %s', (_, texts) => {
  it('have every key of the English ones and no other, each with a text', () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(ENGLISH_PAGE).sort());
    expect(Object.values(texts).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('have the same places for values', () => {
    const keys = Object.keys(ENGLISH_PAGE) as TextKey[];
    expect(
      keys.filter((key) => valueNamesOf(texts[key]).join() !== valueNamesOf(ENGLISH_PAGE[key]).join()),
    ).toEqual([]);
  });
});

describe('the language of the page', () => {
  it('is the first of the browser’s that there are texts for, by its primary tag', () => {
    expect(preferredLanguage(['fr-FR', 'de-AT', 'en'])).toBe('de');
    expect(preferredLanguage(['fr', 'it'])).toBe('en');
    expect(preferredLanguage(['constructor'])).toBe('en');
    expect(Object.keys(PAGE_LANGUAGES)).toEqual(['en', 'de', 'es']);
  });
});

describe('a text', () => {
  it('gets its values as they are, and leaves the place of a value that is missing', () => {
    expect(fill('{name} has {size}', { name: '<b>{size}</b>', size: 3 })).toBe('<b>{size}</b> has 3');
    expect(fill('{name} has {size}', { size: 0 })).toBe('{name} has 0');
  });
});
