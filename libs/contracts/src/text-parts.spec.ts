import { describe, expect, it } from '@jest/globals';
import { textParts } from './text-parts.js';

describe('parts of a text', () => {
  it('keep a short text whole', () => {
    expect(textParts(' Hello there. ', 100)).toEqual(['Hello there.']);
  });

  it('end after a sentence where one ends late enough, else after a word', () => {
    expect(textParts('One two three. Four five six seven eight.', 20)).toEqual([
      'One two three.',
      'Four five six seven',
      'eight.',
    ]);
  });

  it('cut a word only when it is longer than a part, and lose nothing', () => {
    const parts = textParts('x'.repeat(25), 10);
    expect(parts.map(({ length }) => length)).toEqual([10, 10, 5]);
  });

  it('part no emoji and no letter from its accent', () => {
    expect(textParts('😀'.repeat(7), 5)).toEqual(['😀😀', '😀😀', '😀😀', '😀']);
    expect(textParts('e\u0301'.repeat(3), 3)).toEqual(['e\u0301', 'e\u0301', 'e\u0301']);
    const family = '👨‍👩‍👧‍👦';
    expect(textParts(family.repeat(3), 12)).toEqual([family, family, family]);
  });

  it('are none for no text', () => {
    expect(textParts('  ', 10)).toEqual([]);
  });
});
