import { describe, expect, it } from '@jest/globals';
import type { HeardWord } from '@parlance/whisper';
import { withoutEcho } from './echo.js';

function words(text: string, eachMs = 300): HeardWord[] {
  return text.split(' ').map((word, i) => ({
    text: ` ${word}`,
    tokens: [i],
    startMs: i * eachMs,
    endMs: (i + 1) * eachMs,
    confidence: 1,
  }));
}
const left = (settled: string, heard: string, eachMs?: number): string =>
  withoutEcho(words(settled), words(heard, eachMs))
    .map((word) => word.text)
    .join('')
    .trim();

describe('the echo of a phrase', () => {
  it('goes, whatever its case and marks, and what follows it stays', () => {
    expect(left('to proceed, he was disappointed.', 'He was disappointed.')).toBe('');
    expect(left('he was very late', 'Was very late again')).toBe('again');
  });

  it('of two words goes only where there was no time to say them', () => {
    expect(left('see you, bye bye', 'bye bye', 40)).toBe('');
    expect(left('see you, bye bye', 'bye bye', 300)).toBe('bye bye');
  });

  it('of one word goes only where it took no more than half the time of the first', () => {
    expect(left('a man named', 'named gathercole', 150)).toBe('gathercole');
    expect(left('a man named', ', named gathercole', 150)).toBe('gathercole');
    expect(left('no', 'no way', 200)).toBe('no way');
  });

  it('is not seen in words that merely come again', () => {
    expect(left('the cat and the dog', 'the dog ran', 300)).toBe('the dog ran');
    expect(left('one', 'one two')).toBe('one two');
  });
});
