/** Goldens: openai-whisper 20250625 (tiktoken) on the same text. */
import { describe, expect, it } from '@jest/globals';
import { WhisperTokenizer } from '@parlance/whisper/tokenizer';
import { modelFile } from '../support/models.js';

function open(model: string, eot: number): WhisperTokenizer {
  return WhisperTokenizer.open(modelFile(model, 'tokenizer.json'), { eot });
}

describe("Whisper's vocabularies", () => {
  const english = () => open('whisper-tiny.en', 50256);
  const multilingual = () => open('whisper-base', 50257);

  it('spell English as openai-whisper does, and split it into the same words', () => {
    const tokenizer = english();
    const text = " Hello, world! It's 5 o'clock — “quoted” text…";
    const tokens = [
      18435, 11, 995, 0, 632, 338, 642, 267, 6, 15750, 851, 564, 250, 421, 5191, 447, 251, 2420, 1399,
    ];
    expect(tokenizer.encode(text)).toEqual(tokens);
    expect(tokenizer.decode([...tokens, 50256, 50400])).toBe(text);
    const words = tokenizer.splitToWords([...tokens, 50256], 'en');
    expect(words.map((word) => word.text)).toEqual([
      ' Hello',
      ',',
      ' world',
      '!',
      " It's",
      ' 5',
      ' o',
      "'clock",
      ' —',
      ' “quoted”',
      ' text…',
      '<|endoftext|>',
    ]);
    expect(words.map((word) => word.tokens.length)).toEqual([1, 1, 1, 1, 2, 1, 1, 2, 1, 6, 2, 1]);
  });

  it('split Japanese, written without spaces, at every whole character run', () => {
    const tokenizer = multilingual();
    const tokens = [38088, 1231, 24486, 1543, 43791, 14812, 25870, 171, 120, 253];
    expect(tokenizer.encode('こんにちは、世界。今日は元気？')).toEqual(tokens);
    const words = tokenizer.splitToWords([...tokens, 50257], 'ja');
    expect(words.map((word) => word.text)).toEqual([
      'こんにちは',
      '、',
      '世界',
      '。',
      '今日は',
      '元',
      '気',
      '？',
      '<|endoftext|>',
    ]);
    expect(words.map((word) => word.tokens.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 3, 1]);
  });

  it('keep the bytes of one character together', () => {
    const tokenizer = multilingual();
    const tokens = [45778, 11451, 38035, 11, 12027, 12, 32257, 36276, 235, 3133];
    expect(tokenizer.encode(' Größe überall, déjà-vu 👍 ok')).toEqual(tokens);
    expect(tokenizer.splitToWords(tokens, 'de').map((word) => word.text)).toEqual([
      ' Größe',
      ' überall',
      ',',
      ' déjà',
      '-vu',
      ' 👍',
      ' ok',
    ]);
  });
});
