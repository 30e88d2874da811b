import { describe, expect, it } from '@jest/globals';
import { piperIds, piperPhonemes } from './piper-phonemes.js';

/** Part of the map in en_US-joe-medium.onnx.json. */
const IDS = new Map(
  Object.entries({
    _: [0],
    '^': [1],
    $: [2],
    ' ': [3],
    ',': [8],
    '?': [13],
    ɑ: [51],
    ɹ: [88],
    ː: [122],
    h: [20],
    j: [22],
    l: [24],
    o: [27],
    u: [33],
    a: [14],
    ə: [59],
    ʊ: [100],
    ˈ: [120],
  }),
);

describe("Piper's sounds", () => {
  it('are what piper-tts 1.8.0 (PyPI) makes of “Hello, how are you?”, sound by sound and id by id', () => {
    const phrase = [
      { text: 'Hello', mark: ',' },
      { text: 'how are you', mark: '?' },
    ];
    const phonemes = piperPhonemes(phrase, ['həlˈoʊ', 'hˈaʊ ɑːɹ juː']);
    expect(phonemes).toBe('həlˈoʊ, hˈaʊ ɑːɹ juː?');
    // PiperVoice.phonemes_to_ids of en_US-joe-medium.
    expect(piperIds(phonemes, IDS)).toEqual([
      1, 0, 20, 0, 59, 0, 24, 0, 120, 0, 27, 0, 100, 0, 8, 0, 3, 0, 20, 0, 120, 0, 14, 0, 100, 0, 3, 0, 51, 0,
      122, 0, 88, 0, 3, 0, 22, 0, 33, 0, 122, 0, 13, 0, 2,
    ]);
  });

  it('have accents apart from their letters, and marks the voices have learnt', () => {
    const phrase = [
      { text: 'a', mark: '…' },
      { text: 'b', mark: '—' },
    ];
    expect(piperPhonemes(phrase, ['ç', 'ã'])).toBe('c\u0327. a\u0303,');
  });

  it('are none where the voice knows no symbol of them', () => {
    expect(piperIds('ʘʘ', IDS)).toEqual([]);
    expect(piperPhonemes([{ text: 'a', mark: '.' }], [''])).toBe('');
  });
});
