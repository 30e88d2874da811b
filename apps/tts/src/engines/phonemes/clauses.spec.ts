import { describe, expect, it } from '@jest/globals';
import { phrasesOf } from './clauses.js';

const marked = (text: string): string[] =>
  phrasesOf(text).map((phrase) => phrase.map((clause) => `${clause.text}|${clause.mark}`).join(' '));

describe('the pieces of a text', () => {
  it.each([
    ['Hello, how are you? Fine!', ['Hello|, how are you|?', 'Fine|!']],
    ['It costs 3.5 dollars at 10:30, or 1,000.', ['It costs 3.5 dollars at 10:30|, or 1,000|.']],
    ['Mr. Smith and J. R. Ewing came.', ['Mr Smith and J R Ewing came|.']],
    ['He came (late). Then – at last — he left', ['He came|, late|.', 'Then|— at last|— he left|']],
    ['One\ntwo\n\nthree...', ['One|.', 'two|.', 'three|…']],
    ['你好，今天天气很好。再见！', ['你好|, 今天天气很好|.', '再见|!']],
    ['¿Cómo está? ¡Bien!', ['¿Cómo está|?', '¡Bien|!']],
    ['नमस्ते। आप कैसे हैं?', ['नमस्ते|.', 'आप कैसे हैं|?']],
  ])('of %j are its sentences, with their marks', (text, phrases) => {
    expect(marked(text)).toEqual(phrases);
  });

  it.each(['', '...', '?!', ' — ', '()'])('of %j are none: there is no word', (text) => {
    expect(phrasesOf(text)).toEqual([]);
  });

  it.each([
    ['without a full stop', 'word '.repeat(800)],
    ['without a space', 'x'.repeat(4_096)],
    ['of clauses', 'some words here, '.repeat(240)],
  ])('of a long text %s are bounded, and no word is lost', (_name, text) => {
    const phrases = phrasesOf(text);
    const lengths = phrases.map((phrase) => phrase.reduce((sum, clause) => sum + clause.text.length, 0));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200);
    const said = phrases.flat().map((clause) => clause.text);
    expect(said.join('').replace(/\s/g, '')).toBe(text.replace(/[\s,]/g, ''));
  });
});
