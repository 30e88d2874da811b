import { describe, expect, it } from '@jest/globals';
import { turnProbability, turnTerms } from './turn-classifier.js';
import { ACOUSTIC_TERMS, TEXT_TERMS } from './turn-classifier.data.js';

const EVIDENCE = { probability: 0.5 };
const NO_ENDING = { endsSentence: false, isOpen: false, isHanging: false };

describe('turnProbability', () => {
  it('has a weight of no term that it does not know', () => {
    const known = Object.keys(turnTerms(EVIDENCE));
    for (const { terms } of [ACOUSTIC_TERMS, TEXT_TERMS])
      expect(known).toEqual(expect.arrayContaining(Object.keys(terms)));
  });

  it('believes Smart Turn the more the surer that is', () => {
    const [low, high] = [0.1, 0.9].map((probability) => turnProbability({ ...EVIDENCE, probability }));
    expect(high).toBeGreaterThan(low!);
  });

  it('believes in a finished sentence rather than in one that hangs', () => {
    const of = (text: object): number => turnProbability({ ...EVIDENCE, text: { ...NO_ENDING, ...text } });
    expect(of({ endsSentence: true })).toBeGreaterThan(of({}));
    expect(of({ isHanging: true })).toBeLessThan(of({ endsSentence: true }));
    expect(of({ isOpen: true })).toBeLessThan(of({ endsSentence: true }));
  });

  it('is a probability for the oddest evidence', () => {
    for (const probability of [0, 1]) {
      const p = turnProbability({ probability });
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThan(1);
    }
  });
});
