import { describe, expect, it } from '@jest/globals';
import { speechParts, SpokenText } from './spoken-text.js';

describe('text that is spoken while it comes', () => {
  function parts(...chunks: string[]): string[][] {
    const text = new SpokenText();
    return [...chunks.map((chunk) => text.push(chunk)), text.end()];
  }

  it('is spoken in whole sentences, as soon as they are complete', () => {
    expect(parts('The light', ' is on. The ', 'heating is off. Good', ' night.')).toEqual([
      [],
      ['The light is on.'],
      ['The heating is off.'],
      [],
      ['Good night.'],
    ]);
    expect(parts('明かりをつけました。おやすみ', 'なさい。')).toEqual([
      ['明かりをつけました。'],
      ['おやすみなさい。'],
      [],
    ]);
  });

  it('does not end a sentence behind an abbreviation', () => {
    expect(parts('Then I met Dr. Smith and J. Miller. ', 'They left.')).toEqual([
      ['Then I met Dr. Smith and J. Miller.'],
      [],
      ['They left.'],
    ]);
  });

  it('is nothing where there are no words', () => {
    expect(parts('', ' … ', '***')).toEqual([[], [], [], []]);
    expect(speechParts('  ')).toEqual([]);
  });

  it('is cut where it is longer than what is spoken at once, and refused where it is far too long', () => {
    const sentence = 'This sentence is repeated. ';
    const long = speechParts(sentence.repeat(400));
    expect(long.length).toBe(3);
    expect(long.every((part) => part.length <= 4_096 && part.endsWith('repeated.'))).toBe(true);
    expect(long.join(' ')).toBe(sentence.repeat(400).trim());
    const unbroken = speechParts('😀a'.repeat(2_000));
    expect(unbroken.join('')).toBe('😀a'.repeat(2_000));
    expect(unbroken.every((part) => part.length <= 4_096 && part.isWellFormed())).toBe(true);
    expect(() => new SpokenText().push('a'.repeat(70_000))).toThrow(
      expect.objectContaining({ code: 'speech.text_too_long' }),
    );
  });
});
