import { describe, expect, it } from '@jest/globals';
import { CLASSES, phoneIndex, SILENCE } from './phone-set.js';
import { alignVariants } from './text-alignment.js';
import { alignPhones, type FrameScores } from './viterbi.js';

/** Frames that sound like these phones, undefined for silence; as in training/scores' test_alignment.py. */
function likelihoods(...runs: readonly (readonly [string | undefined, number])[]): FrameScores {
  const classes = runs.flatMap(([phone, count]) =>
    new Array<number>(count).fill(phone === undefined ? SILENCE : phoneIndex(phone)!),
  );
  const data = new Float32Array(classes.length * CLASSES).fill(-5);
  classes.forEach((own, frame) => (data[frame * CLASSES + own] = 0));
  return { data, frames: classes.length, classes: CLASSES };
}

const spansOf = (scores: FrameScores, words: readonly (readonly string[])[]): number[][] =>
  alignPhones(scores, words).spans.map(({ start, end }) => [start, end]);

describe('forced alignment', () => {
  it('finds phones and the silences between words', () => {
    const scores = likelihoods([undefined, 4], ['HH', 3], ['AY', 5], [undefined, 6], ['Y', 2], ['UW', 4]);
    expect(
      spansOf(scores, [
        ['HH', 'AY'],
        ['Y', 'UW'],
      ]),
    ).toEqual([
      [4, 7],
      [7, 12],
      [18, 20],
      [20, 24],
    ]);
  });

  it('lets words follow each other without silence, and has none within a word', () => {
    expect(spansOf(likelihoods(['HH', 3], ['AY', 5], ['Y', 2]), [['HH', 'AY'], ['Y']])).toEqual([
      [0, 3],
      [3, 8],
      [8, 10],
    ]);
    const [first, second] = spansOf(likelihoods(['HH', 3], [undefined, 4], ['AY', 5]), [['HH', 'AY']]);
    expect([first![0], first![1], second![1]]).toEqual([0, second![0], 12]);
  });

  it('gives a phone that is missing its two frames, and one where the recording is short', () => {
    const [, missing] = spansOf(likelihoods(['S', 6], ['T', 6]), [['S', 'IY', 'T']]);
    expect(missing![1]! - missing![0]!).toBe(2);
    expect(spansOf(likelihoods(['S', 1], ['IY', 1], ['T', 1]), [['S', 'IY', 'T']])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it('refuses fewer frames than phones', () => {
    expect(() => alignPhones(likelihoods(['S', 2]), [['S', 'IY', 'T']])).toThrow(RangeError);
  });
});

describe('a word with several pronunciations', () => {
  const read = [
    ['R', 'EH', 'D'],
    ['R', 'IY', 'D'],
  ];

  it('has the one that was spoken', () => {
    const scores = likelihoods([undefined, 5], ['R', 4], ['IY', 6], ['D', 3], ['IH', 4], ['T', 4]);
    const { phones, spans } = alignVariants(scores, [read, [['IH', 'T']]]);
    expect(phones).toEqual([
      ['R', 'IY', 'D'],
      ['IH', 'T'],
    ]);
    expect(spans[1]).toEqual({ start: 9, end: 15 });
  });

  it('has the usual one where neither is likelier', () => {
    expect(alignVariants(likelihoods(['R', 4], ['S', 6], ['D', 4]), [read]).phones).toEqual([read[0]]);
  });
});
