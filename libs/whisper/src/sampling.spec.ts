import { describe, expect, it } from '@jest/globals';
import { DEFAULT_DECODING, type DecodingOptions } from './options.js';
import { likeliest, RuleSets, resolveSuppressedTokens, type Hypothesis } from './sampling.js';
import { bigintsOf, floatsOf } from './tensors.js';
import type { WhisperTokenizer } from './tokenizer.js';
import type { WhisperManifest } from './whisper-graphs.js';

const short: Hypothesis = { tokens: [1, 2], sum: -1 };
const long: Hypothesis = { tokens: [1, 2, 3, 4, 5, 6, 7, 8], sum: -3 };

describe('ranking hypotheses', () => {
  it('goes by the mean log-probability where no length penalty is given', () => {
    expect(likeliest([short, long], undefined)).toBe(long);
  });

  it('weighs the length by the penalty: at 0 the sum alone counts, at 1 ((5 + n) / 6)', () => {
    expect(likeliest([long, short], 0)).toBe(short);
    // −1 / (7/6) = −0.857; −3 / (13/6) = −1.385
    expect(likeliest([long, short], 1)).toBe(short);
    expect(likeliest([{ ...long, sum: -1.8 }, short], 1)).toMatchObject({ sum: -1.8 });
  });

  it('keeps the first of equals, and does not divide by an empty text', () => {
    const twin = { ...short };
    expect(likeliest([short, twin], undefined)).toBe(short);
    expect(likeliest([{ tokens: [], sum: -0.1 }, short], undefined).tokens).toEqual([]);
  });
});

const manifest = {
  dims: { vocabulary: 60 },
  suppressTokens: [3, 5, 41],
  blankTokens: [7, 40],
  tokens: { sot: 41, sotPrev: 45, transcribe: 43, translate: 42, noSpeech: 46, timestampBegin: 50 },
} as unknown as WhisperManifest;
const tokenizer = {
  encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0) % 40),
} as unknown as WhisperTokenizer;

function forbidden(values: Float32Array): number[] {
  return [...values.keys()].filter((token) => (values[token] as number) < -1e20);
}

describe('tokens that are never chosen', () => {
  it('are the model’s own list, or the control tokens beside the caller’s, or none', () => {
    const sorted = (asked: Parameters<typeof resolveSuppressedTokens>[0]): number[] =>
      resolveSuppressedTokens(asked, manifest).sort((a, b) => a - b);
    expect(sorted('default')).toEqual([3, 5, 41]);
    expect(sorted([])).toEqual([]);
    expect(sorted([9])).toEqual([9, 41, 42, 43, 44, 45, 46]);
    expect(sorted([-1, 9, 1000])).toEqual([3, 5, 9, 41, 42, 43, 44, 45, 46]);
  });
});

describe('rules of a decode run', () => {
  const sets = new RuleSets(manifest, tokenizer);

  it('are one object for equal options, whatever else differs', () => {
    const sampled: DecodingOptions = { ...DEFAULT_DECODING, temperatures: [1], seed: 4 };
    expect(sets.of(DEFAULT_DECODING)).toBe(sets.of(sampled));
    expect(sets.of({ ...DEFAULT_DECODING, suppressTokens: [] })).not.toBe(sets.of(DEFAULT_DECODING));
  });

  it('follow the options', () => {
    const usual = sets.of(DEFAULT_DECODING).feeds;
    expect(forbidden(floatsOf(usual.suppress))).toEqual([3, 5, 41]);
    expect(forbidden(floatsOf(usual.blank_suppress))).toEqual([7, 40]);
    expect(bigintsOf(usual.max_initial_timestamp)[0]).toBe(50n);
    const other = sets.of({
      ...DEFAULT_DECODING,
      suppressBlank: false,
      withoutTimestamps: true,
      maxInitialTimestamp: undefined,
    }).feeds;
    expect(forbidden(floatsOf(other.suppress))).toEqual([3, 5, 41, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
    expect(forbidden(floatsOf(other.blank_suppress))).toEqual([]);
    expect(bigintsOf(other.max_initial_timestamp)[0]).toBe(60n);
    expect(other.with_timestamps?.data[0]).toBe(0);
  });

  it('raise the first token of each hotword, and none that is forbidden', () => {
    const { suppress } = sets.of({ ...DEFAULT_DECODING, hotwords: 'Parlance, Ada', hotwordBias: 2.5 }).feeds;
    const first = ' '.charCodeAt(0) % 40;
    expect(floatsOf(suppress)[first]).toBe(2.5);
    expect(forbidden(floatsOf(suppress))).toEqual([3, 5, 41]);
  });
});
