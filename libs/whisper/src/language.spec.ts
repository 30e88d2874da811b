import { describe, expect, it } from '@jest/globals';
import { ANY_LANGUAGE, likeliestLanguage, spokenLanguages } from './language.js';

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

const MULTILINGUAL = { inputs: [], outputs: [], multilingual: true, languages: ['en', 'es', 'it'] };
const ENGLISH = { ...MULTILINGUAL, multilingual: false, languages: ['en'] };

describe('spokenLanguages', () => {
  it('leaves the language to be detected where none is told', () => {
    expect(spokenLanguages({}, MULTILINGUAL)).toEqual({ language: undefined, among: [] });
    expect(spokenLanguages({ language: '' }, ENGLISH)).toEqual({ language: 'en', among: [] });
  });

  it('reads codes in any case and with a region', () => {
    expect(spokenLanguages({ language: 'ES-mx' }, MULTILINGUAL)).toEqual({ language: 'es', among: [] });
    expect(spokenLanguages({ languages: ['EN_gb', 'es', 'en'] }, MULTILINGUAL)).toEqual({
      language: undefined,
      among: ['en', 'es'],
    });
  });

  it('takes one allowed language for told', () => {
    expect(spokenLanguages({ languages: ['it'] }, MULTILINGUAL).language).toBe('it');
  });

  it('refuses by name what the model does not know', () => {
    expect(() => spokenLanguages({ language: 'xx' }, MULTILINGUAL)).toThrow(/'xx'/);
    expect(() => spokenLanguages({ languages: ['en', 'yy'] }, MULTILINGUAL)).toThrow(
      expect.objectContaining({
        code: 'model.language_unsupported',
        message: expect.stringContaining("'yy'"),
      }),
    );
  });

  it('lets an English-only model serve where English is among the languages, and refuses others', () => {
    expect(spokenLanguages({ languages: ['es', 'en'] }, ENGLISH)).toEqual({ language: 'en', among: [] });
    expect(() => spokenLanguages({ languages: ['es', 'it'] }, ENGLISH)).toThrow(/'es'/);
    expect(() => spokenLanguages({ language: 'es', languages: ['es', 'en'] }, ENGLISH)).toThrow(/'es'/);
  });

  it('refuses a language that is not among those allowed', () => {
    const asked = { language: 'it', languages: ['en', 'es'] };
    expect(() => spokenLanguages(asked, MULTILINGUAL)).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining("'it'") }),
    );
  });

  it('refuses a model that recognises no speech', () => {
    expect(() => spokenLanguages({}, { inputs: [], outputs: [] })).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    );
  });
});
