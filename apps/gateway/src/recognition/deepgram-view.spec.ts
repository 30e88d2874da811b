import { describe, expect, it } from '@jest/globals';
import { deepgramModel, deepgramWords, meanConfidence, wordsByLength } from './deepgram-view.js';

const word = (text: string) => ({ text, startMs: 0, endMs: 100, confidence: 0.5 });

describe("a word in Deepgram's form", () => {
  it.each([
    [' Hello,', 'hello', 'Hello,'],
    ['“Don’t', 'don’t', '“Don’t'],
    ['well-known.', 'well-known', 'well-known.'],
    ['¿Qué?', 'qué', '¿Qué?'],
    ['नमस्ते।', 'नमस्ते', 'नमस्ते।'],
    ['—', '—', '—'],
  ])('%j is bare as %j', (text, bare, punctuated) => {
    expect(deepgramWords([word(text)])).toEqual([
      { word: bare, start: 0, end: 0.1, confidence: 0.5, punctuated_word: punctuated },
    ]);
  });
});

describe('the words of a text without times', () => {
  it('share its time by their length', () => {
    expect(wordsByLength(' one three', { startMs: 1_000, endMs: 1_800 }, 0.7)).toEqual([
      { text: 'one', startMs: 1_000, endMs: 1_300, confidence: 0.7 },
      { text: 'three', startMs: 1_300, endMs: 1_800, confidence: 0.7 },
    ]);
    expect(wordsByLength('', { startMs: 0, endMs: 500 }, 1)).toEqual([]);
  });
});

describe('a model', () => {
  it('has a UUID of its own, the same each time', () => {
    const [tiny, base] = ['whisper-tiny', 'whisper-base'].map((name) => deepgramModel(name));
    expect(tiny!.model_uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(tiny!.model_uuid).toBe(deepgramModel('whisper-tiny').model_uuid);
    expect(tiny!.model_uuid).not.toBe(base!.model_uuid);
    expect(tiny!.model_info.name).toBe('whisper-tiny');
  });
});

describe('mean confidence', () => {
  it('is that of the words, and none without any', () => {
    expect(meanConfidence([word('a'), { confidence: 1 }])).toBe(0.75);
    expect(meanConfidence([])).toBeUndefined();
  });
});
