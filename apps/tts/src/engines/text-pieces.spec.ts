import { describe, expect, it } from '@jest/globals';
import { textPieces } from './text-pieces.js';

describe('text pieces', () => {
  it('keep a short text whole', () => {
    expect(textPieces(' Hello there. ', 100)).toEqual(['Hello there.']);
  });

  it('end after a sentence where one ends late enough, else after a word', () => {
    expect(textPieces('One two three. Four five six seven eight.', 20)).toEqual([
      'One two three.',
      'Four five six seven',
      'eight.',
    ]);
  });

  it('cut a word only when it is longer than a piece, and lose nothing', () => {
    const pieces = textPieces('x'.repeat(25), 10);
    expect(pieces.map(({ length }) => length)).toEqual([10, 10, 5]);
  });

  it('part no emoji and no letter from its accent', () => {
    expect(textPieces('😀'.repeat(7), 5)).toEqual(['😀😀', '😀😀', '😀😀', '😀']);
    expect(textPieces('e\u0301'.repeat(3), 3)).toEqual(['e\u0301', 'e\u0301', 'e\u0301']);
    const family = '👨‍👩‍👧‍👦';
    expect(textPieces(family.repeat(3), 12)).toEqual([family, family, family]);
  });

  it('are none for no text', () => {
    expect(textPieces('  ', 10)).toEqual([]);
  });
});
