import { describe, expect, it } from '@jest/globals';
import { SentenceSplitter } from './sentence-splitter.js';

/** Every way of cutting the text into pieces of one size must give the same sentences. */
function split(text: string): string[] {
  const results = [1, 3, 7, text.length].map((size) => {
    const splitter = new SentenceSplitter();
    const sentences: string[] = [];
    for (let start = 0; start < text.length; start += size)
      sentences.push(...splitter.push(text.slice(start, start + size)));
    return [...sentences, ...splitter.flush()];
  });
  for (const result of results) expect(result).toEqual(results[0]);
  return results[0]!;
}

describe('the sentence splitter', () => {
  it.each([
    ['Hello there. How are you? Fine!', ['Hello there.', 'How are you?', 'Fine!']],
    ['It cost 3.50 euros. Cheap!', ['It cost 3.50 euros.', 'Cheap!']],
    [
      'Dr. Smith met Mrs. Jones at 5 p.m. yesterday. Nice.',
      ['Dr. Smith met Mrs. Jones at 5 p.m. yesterday.', 'Nice.'],
    ],
    ['J. R. Tolkien wrote it. So did I. Really.', ['J. R. Tolkien wrote it.', 'So did I.', 'Really.']],
    ['She said "Stop!" Then she left.', ['She said "Stop!"', 'Then she left.']],
    ['Well... maybe. (Or not.) Yes', ['Well...', 'maybe.', '(Or not.)', 'Yes']],
    ['First line\nsecond line', ['First line', 'second line']],
    ['Visit example.com today. Bye.', ['Visit example.com today.', 'Bye.']],
    ['你好。你好吗？很好', ['你好。', '你好吗？', '很好']],
    ['Say **went**, not `go`.', ['Say went, not go.']],
    ['1. Walk. 2. Run.', ['1. Walk.', '2. Run.']],
    ['   ', []],
    [`a${'😀'.repeat(150)}`, [`a${'😀'.repeat(139)}`, '😀'.repeat(11)]],
  ])('cuts %j', (text, sentences) => {
    expect(split(text)).toEqual(sentences);
  });

  it('gives a sentence away as soon as the next one begins', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('It is late')).toEqual([]);
    expect(splitter.push('.')).toEqual([]);
    expect(splitter.push(' ')).toEqual(['It is late.']);
  });

  it('cuts a sentence that never ends, at a clause where there is one, and loses nothing', () => {
    const endless = Array.from({ length: 80 }, (_, index) => (index % 9 === 8 ? 'and so,' : 'word')).join(
      ' ',
    );
    const sentences = split(endless);
    expect(Math.max(...sentences.map((sentence) => sentence.length))).toBeLessThanOrEqual(280);
    expect(sentences[0]).toMatch(/,$/);
    expect(sentences.join(' ')).toBe(endless);
    expect(split('x'.repeat(1_000)).join('')).toBe('x'.repeat(1_000));
  });
});
