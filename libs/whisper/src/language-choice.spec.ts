import { describe, expect, it } from '@jest/globals';
import { ANY_LANGUAGE, likeliestLanguage } from './language-choice.js';

const IDS = { en: 1, es: 2, cy: 4 };
/** Logits of a vocabulary of which `shares` are the languages' after normalising. */
const logitsOf = (shares: Readonly<Record<keyof typeof IDS, number>>): Float32Array => {
  const logits = new Float32Array(6).fill(9);
  for (const [code, id] of Object.entries(IDS)) logits[id] = Math.log(shares[code as keyof typeof IDS]);
  return logits;
};

describe('likeliestLanguage', () => {
  it('is the likeliest of the language tokens, whatever else the model would write', () => {
    const { language, languageProbability } = likeliestLanguage(
      logitsOf({ en: 0.3, es: 0.6, cy: 0.1 }),
      IDS,
      ANY_LANGUAGE,
    );
    expect(language).toBe('es');
    expect(languageProbability).toBeCloseTo(0.6);
  });

  it('is one of those allowed', () => {
    const choice = { ...ANY_LANGUAGE, among: ['en', 'cy'] };
    const chosen = likeliestLanguage(logitsOf({ en: 0.3, es: 0.6, cy: 0.1 }), IDS, choice);
    expect(chosen.language).toBe('en');
    expect(chosen.languageProbability).toBeCloseTo(0.75);
  });

  it('weighs the audio by what went before', () => {
    const choice = { ...ANY_LANGUAGE, prior: { en: 10 } };
    const chosen = likeliestLanguage(logitsOf({ en: 0.2, es: 0.1, cy: 0.7 }), IDS, choice);
    expect(chosen.language).toBe('en');
    expect(chosen.languageProbability).toBeCloseTo(2 / 2.8);
  });

  it('is less sure of audio that is less to be trusted', () => {
    const choice = { ...ANY_LANGUAGE, trust: 0.5 };
    const chosen = likeliestLanguage(logitsOf({ en: 0, es: 1, cy: 0 }), IDS, choice);
    expect(chosen).toEqual({ language: 'es', languageProbability: expect.closeTo(0.5 + 0.5 / 3) });
  });
});
