import { describe, expect, it } from '@jest/globals';
import { textEnding } from './text-ending.js';

describe('textEnding', () => {
  it.each([
    ['I went home.', 'en'],
    ['Did you see it?', 'en'],
    ['He said “no.”', 'en'],
    ['我回家了。', 'zh'],
    ['मैं घर गया।', 'hi'],
  ])('finds the end of a sentence in %s', (text, language) => {
    expect(textEnding(text, language)).toEqual({ endsSentence: true, isOpen: false, isHanging: false });
  });

  it.each(['I went home,', 'I went home…', 'I went home...', 'I went –'])('knows that %s goes on', (text) => {
    expect(textEnding(text, 'en')).toMatchObject({ endsSentence: false, isOpen: true });
  });

  it.each(['I went to the', 'I went because.', 'It was um', 'Yesterday I'])(
    'knows that the last word of “%s” waits for another',
    (text) => {
      expect(textEnding(text, 'en').isHanging).toBe(true);
    },
  );

  it('takes words of other languages for what they are', () => {
    expect(textEnding('er hat an', 'de').isHanging).toBe(false);
    expect(textEnding('', 'en')).toEqual({
      endsSentence: false,
      isOpen: false,
      isHanging: false,
    });
  });

  it('leaves words alone that end sentences as well', () => {
    for (const text of ['Come in', 'I think so', 'He gave up', 'Yes, I can', 'Yes, it is'])
      expect(textEnding(text, 'en').isHanging).toBe(false);
  });
});
