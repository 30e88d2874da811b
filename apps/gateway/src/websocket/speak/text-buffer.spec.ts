import { describe, expect, it } from '@jest/globals';
import { TextBuffer } from './text-buffer.js';

/** What leaves the buffer with each part, and at last. */
function leaving(...parts: string[]): string[] {
  const buffer = new TextBuffer();
  return [...parts.map((part) => buffer.push(part)), buffer.flush()].map((ready) => ready.join('|'));
}

describe('a text that comes in parts', () => {
  it('gives whole sentences once more has come behind them', () => {
    expect(leaving('This is the first ', 'sentence of them. ', 'And', ' a second')).toEqual([
      '',
      'This is the first sentence of them.',
      '',
      '',
      'And a second',
    ]);
  });

  it('gives short sentences together', () => {
    expect(leaving('Yes. No. Perhaps, who knows that? Let')).toEqual([
      'Yes. No. Perhaps, who knows that?',
      'Let',
    ]);
  });

  it('is not parted behind an abbreviation or an initial', () => {
    for (const text of ['Yesterday afternoon I met Mr. Smith', 'A famous book was written by J. Smith'])
      expect(leaving(text)).toEqual(['', text]);
  });

  it('gives what is long without a sentence in parts, between words where there are some', () => {
    const buffer = new TextBuffer();
    const words = buffer.push('word '.repeat(1_000));
    expect(words.map(({ length }) => length)).toEqual([1_999, 1_999, 999]);
    const letters = [...buffer.push('x'.repeat(3_000)), ...buffer.flush()];
    expect(letters.map(({ length }) => length)).toEqual([2_000, 1_000]);
  });

  it('is empty once it was flushed', () => {
    const buffer = new TextBuffer();
    buffer.push('Hello');
    expect([buffer.length, buffer.flush(), buffer.length, buffer.flush()]).toEqual([5, ['Hello'], 0, []]);
  });
});
