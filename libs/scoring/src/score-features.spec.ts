import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { phoneInputs, utteranceInputs, wordInputs, type UtteranceEvidence } from './level-inputs.js';
import { phoneEvidence } from './phone-features.js';
import { CLASSES } from './phone-set.js';
import { alignPhones, type FrameScores } from './viterbi.js';

/** One recording's features, by training/scores (numpy): `bash training/scores/run.sh goldens`. */
interface Features {
  readonly frames: number;
  readonly logPosteriors: readonly number[];
  readonly logPriors: readonly number[];
  readonly priorShare: number;
  readonly segments: readonly (readonly [number, number])[];
  readonly given: Readonly<
    Record<'base' | 'phoneExperts' | 'wordExperts' | 'phoneScores' | 'wordScores', readonly number[]>
  >;
  readonly likelihoods: readonly (readonly number[])[];
  readonly every: number;
  readonly phoneInputs: readonly (readonly number[])[];
  readonly wordInputs: readonly (readonly number[])[];
  readonly utteranceInputs: readonly number[];
}

const golden = JSON.parse(readFileSync('test/golden/scores/scores.golden.json', 'utf8')) as {
  readonly features: Features;
  readonly recordings: readonly {
    readonly words: readonly { readonly phones: readonly string[] }[];
    readonly facts: readonly number[];
  }[];
};
const [recording] = golden.recordings;
const words = recording!.words.map(({ phones }) => phones);
const { features } = golden;
const logPosteriors: FrameScores = {
  data: Float32Array.from(features.logPosteriors),
  frames: features.frames,
  classes: CLASSES,
};

/** Largest difference of any two numbers. */
function difference(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}

describe('features of a recording against training/scores in numpy', () => {
  let evidence: UtteranceEvidence;

  beforeAll(() => {
    const spans = features.segments.map(([start, end]) => ({ start, end }));
    evidence = {
      base: features.given.base,
      facts: recording!.facts,
      phones: phoneEvidence(logPosteriors, spans, words),
      wordSizes: words.map(({ length }) => length),
      likelihoods: features.likelihoods,
    };
  });

  it('aligns every phone with the same frames', () => {
    const { logPriors, priorShare } = features;
    const data = logPosteriors.data.map((value, i) => value - priorShare * logPriors[i % CLASSES]!);
    const { spans } = alignPhones({ ...logPosteriors, data }, words);
    expect(spans.map(({ start, end }) => [start, end])).toEqual(features.segments);
  });

  it('gives the same inputs to the model of phones', () => {
    const rows = phoneInputs(evidence, features.given.phoneExperts).filter(
      (_, i) => i % features.every === 0,
    );
    expect(difference(rows.flat(), features.phoneInputs.flat())).toBeLessThan(1e-3);
  });

  it('gives the same inputs to the model of words', () => {
    const rows = wordInputs(evidence, features.given.wordExperts, features.given.phoneScores);
    expect(difference(rows.flat(), features.wordInputs.flat())).toBeLessThan(1e-3);
  });

  it('gives the same inputs to the model of the whole utterance', () => {
    const { phoneScores, wordScores } = features.given;
    expect(
      difference(utteranceInputs(evidence, phoneScores, wordScores), features.utteranceInputs),
    ).toBeLessThan(1e-3);
  });
});
