import { describe, expect, it } from '@jest/globals';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { fluencyMark, pronunciationMark } from './measured-marks.js';

const SAID = ['Yesterday', 'I', 'go', 'to', 'the', 'market', 'with', 'my', 'sister.'];
const spoken = (confidence: (index: number) => number, overrides = {}) =>
  aTurn({
    words: SAID.map((text, index) => ({
      text: ` ${text}`,
      startMs: 500 * index,
      endMs: 500 * index + 300,
      confidence: confidence(index),
    })),
    ...overrides,
  });

describe('the mark of fluency', () => {
  it('is the measured score on the scale of marks, with the words around the longest pause', () => {
    const { measures } = aTurn();
    const pauses = [
      { startMs: 800, endMs: 900 },
      { startMs: 2_300, endMs: 2_490 },
    ];
    const turn = spoken(() => 0.9, { measures: { ...measures!, pauses } });
    expect(fluencyMark(turn)).toEqual({ mark: 4, evidence: ['the market'] });
  });

  it('rests on the first sentence where there is no pause', () => {
    const turn = spoken(() => 0.9, { text: 'I go. Then I come.' });
    expect(fluencyMark(turn)?.evidence).toEqual(['I go.']);
  });

  it('is not given where nothing was measured', () => {
    expect(fluencyMark(aTurn({ scores: undefined, measures: undefined }))).toBeNull();
  });
});

describe('the mark of pronunciation', () => {
  it('falls with the certainty of the words, and quotes the least certain ones', () => {
    const unclear = pronunciationMark(spoken((index) => (index === 5 ? 0.2 : 0.75)))!;
    const clear = pronunciationMark(spoken(() => 0.95))!;
    expect(clear.mark).toBe(5);
    expect(unclear.mark).toBeLessThan(4);
    expect(unclear.mark).toBeGreaterThan(2);
    expect(unclear.evidence[0]).toBe('market');
  });

  const { measures, scores } = aTurn();
  it.each([
    ['typed words', { words: [], measures: undefined, scores: undefined }],
    ['words that were recognised elsewhere', { measures: undefined, scores: undefined }],
    ['words in noise', { measures, scores: { ...scores!, soundQuality: 20 } }],
  ])('is not given of %s', (_name, overrides) => {
    expect(pronunciationMark(spoken(() => 0.9, overrides))).toBeNull();
  });
});
