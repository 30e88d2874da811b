import { describe, expect, it } from '@jest/globals';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { wordsPlugin } from './eslint-words.js';

/** What the rule says of a file, one word for each fault. */
function dropped(source: string, filename = 'libs/some/src/file.ts'): string[] {
  const messages = new Linter().verify(
    source,
    {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser as Linter.Parser },
      plugins: { words: wordsPlugin },
      rules: { 'words/plain-words': 'error' },
    },
    filename,
  );
  return messages.map(({ message }) => /dropped word '([^']+)'/.exec(message)?.[1] ?? message);
}

describe('the rule of plain words', () => {
  it('finds a dropped word in what a file declares', () => {
    expect(dropped('export const heardText = 1;')).toEqual(['heard']);
    expect(dropped('class A { private readonly doors = 1; hear(place: number) {} }')).toEqual([
      ...['doors', 'hear', 'place'],
    ]);
    expect(dropped('interface A { isSettled: boolean; giveUp(): void }')).toEqual(['settled', 'give up']);
    expect(dropped('const { text: previewText } = event;')).toEqual(['preview']);
  });

  it('leaves alone what others have named, and parts of words', () => {
    expect(dropped('const { place } = response; socket.accept(place);')).toEqual([]);
    expect(dropped('export const placement = 1, heartbeat = 2;')).toEqual([]);
    expect(dropped('await Promise.allSettled(work);')).toEqual([]);
  });

  it('finds it in doc comments, where the word has no second meaning there', () => {
    expect(dropped('/** Hears it out. */\nexport const a = 1;')).toEqual(['hears']);
    expect(dropped('/** In place of the first. */\nexport const a = 1;')).toEqual([]);
    expect(dropped('// Heard before.\nexport const a = 1;')).toEqual([]);
  });

  it('finds it in the name of the file', () => {
    expect(dropped('export const a = 1;', 'apps/some/src/heard-words.ts')).toEqual(['heard']);
  });

  it('allows a word where words.json says that it has its usual meaning', () => {
    expect(dropped('export const hypothesis = 1;')).toEqual(['hypothesis']);
    expect(dropped('export const hypothesis = 1;', 'libs/whisper/src/beam-search.ts')).toEqual([]);
    expect(dropped('export interface Run { feeds: number }')).toEqual([]);
  });
});
