import { describe, expect, it } from '@jest/globals';
import { initialTokens, startSequence } from './prompt.js';
import type { WhisperTokenizer } from './tokenizer.js';
import type { WhisperManifest } from './whisper-graphs.js';

const [SOT, PREV, NO_TIMESTAMPS] = [900, 901, 902];
const manifest = {
  dims: { decoderContext: 448 },
  multilingual: false,
  tokens: {
    sot: SOT,
    sotPrev: PREV,
    noTimestamps: NO_TIMESTAMPS,
    transcribe: 903,
    translate: 904,
    languages: { en: 905, de: 906 },
  },
} as unknown as WhisperManifest;
/** A token for each letter. */
const tokenizer = {
  encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
} as unknown as WhisperTokenizer;
const decoding = { hotwords: undefined, sampleLen: 224, withoutTimestamps: false };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('what the decoder is given before it writes', () => {
  const make = (asked: Partial<Parameters<typeof initialTokens>[2]>): number[] =>
    initialTokens(manifest, tokenizer, { start: [SOT], prompt: [], prefix: [], decoding, ...asked });

  it('is the start sequence alone where nothing is said', () => {
    expect(make({})).toEqual([SOT]);
    expect(make({ decoding: { ...decoding, withoutTimestamps: true } })).toEqual([SOT, NO_TIMESTAMPS]);
  });

  it('keeps the last 223 tokens of a prompt longer than half the context', () => {
    const tokens = make({ prompt: upTo(300) });
    expect(tokens).toEqual([PREV, ...upTo(300).slice(-223), SOT]);
  });

  it('keeps of a prefix the end that leaves room for the tokens wanted', () => {
    expect(make({ prefix: upTo(300), decoding: { ...decoding, sampleLen: 200 } })).toEqual([
      SOT,
      ...upTo(300).slice(-24),
    ]);
    expect(make({ prefix: upTo(30) })).toEqual([SOT, ...upTo(30)]);
  });

  it('never fills the whole context', () => {
    expect(make({ prompt: upTo(300), prefix: upTo(400) }).length).toBeLessThanOrEqual(448);
  });

  it('puts hotwords first, cuts them at their end and lets the prompt make room; not beside a prefix', () => {
    const hot = { ...decoding, hotwords: 'ab ' };
    expect(make({ decoding: hot, prompt: [1, 2] })).toEqual([PREV, 32, 97, 98, 1, 2, SOT]);
    expect(make({ decoding: hot, prompt: upTo(300) })).toEqual([
      PREV,
      32,
      97,
      98,
      ...upTo(300).slice(-220),
      SOT,
    ]);
    expect(make({ decoding: hot, prefix: [7] })).toEqual([SOT, 7]);
    const long = make({ decoding: { ...decoding, hotwords: 'x'.repeat(500) }, prompt: [1, 2] });
    expect(long).toHaveLength(225);
    expect(long.at(1)).toBe(32);
  });
});

describe('the start sequence', () => {
  it('names language and task for multilingual models only', () => {
    const multilingual = { ...manifest, multilingual: true } as WhisperManifest;
    expect(startSequence(manifest, 'en', 'transcribe')).toEqual([SOT]);
    expect(startSequence(multilingual, 'de', 'translate')).toEqual([SOT, 906, 904]);
    expect(() => startSequence(multilingual, 'xx', 'transcribe')).toThrow(
      expect.objectContaining({ code: 'model.language_unsupported' }),
    );
  });
});
