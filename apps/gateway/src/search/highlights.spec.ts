import { describe, expect, it } from '@jest/globals';
import { highlightOf } from './highlights.js';

const marked = (words: readonly string[], phrase: readonly string[] = []) => ({
  words: new Set(words),
  phrase,
});

describe('a highlight', () => {
  it('marks the words in the text as it was said', () => {
    const found = highlightOf('said', 'Le Café est fermé. Un café!', marked(['cafe']));
    expect(found).toMatchObject({ field: 'said', fragment: 'Le Café est fermé. Un café!' });
    expect(found?.marks.map(({ start, end }) => found.fragment.slice(start, end))).toEqual(['Café', 'café']);
  });

  it('marks a phrase as one, and no word of it again', () => {
    const found = highlightOf(
      'said',
      'I would like to go, like you.',
      marked(['like'], ['would', 'like', 'to']),
    );
    expect(found?.marks.map(({ start, end }) => found.fragment.slice(start, end))).toEqual([
      'would like to',
      'like',
    ]);
  });

  it('of a long text is the words around the first match, cut between words', () => {
    const text = `${'before '.repeat(60)}market ${'after '.repeat(60)}`;
    const found = highlightOf('replied', text, marked(['market']))!;
    expect(found.fragment.length).toBeLessThanOrEqual(200);
    expect(found.fragment.startsWith('before ')).toBe(true);
    expect(found.fragment.slice(found.marks[0]!.start, found.marks[0]!.end)).toBe('market');
  });

  it('is none where nothing matches', () => {
    expect(highlightOf('said', 'Nothing here.', marked(['market']))).toBeUndefined();
  });

  it('parts no emoji', () => {
    const text = `market ${'👩‍👩‍👧‍👦'.repeat(40)}`;
    const { fragment } = highlightOf('said', text, marked(['market']))!;
    expect(text.startsWith(fragment)).toBe(true);
    expect((fragment.length - 'market '.length) % '👩‍👩‍👧‍👦'.length).toBe(0);
  });
});
