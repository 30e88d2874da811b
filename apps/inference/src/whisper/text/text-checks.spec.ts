import { describe, expect, it } from '@jest/globals';
import { compressionRatio } from './compression-ratio.js';
import { cutRepetition } from './repetition.js';

describe('the compression ratio', () => {
  it("is openai-whisper's: UTF-8 bytes over zlib bytes", () => {
    expect(compressionRatio('Hello there, general.')).toBeCloseTo(0.7241, 3);
    expect(compressionRatio('über größe 你好')).toBeCloseTo(0.6897, 3);
    expect(compressionRatio(Array(20).fill('la').join(' '))).toBeCloseTo(4.2143, 3);
  });
});

describe('the repetition guard', () => {
  it('ends a text at the first phrase said three times in a row', () => {
    expect(cutRepetition([1, 2, 3, 4, 3, 4, 3, 4, 3, 4])).toEqual([1, 2, 3, 4]);
    expect(cutRepetition([7, 7, 7, 7])).toEqual([7]);
  });

  it('leaves text alone that says something twice', () => {
    expect(cutRepetition([1, 2, 1, 2, 3])).toEqual([1, 2, 1, 2, 3]);
  });
});
