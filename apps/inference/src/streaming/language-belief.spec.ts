import { describe, expect, it } from '@jest/globals';
import { LanguageBelief, SessionLanguages } from './language-belief.js';

const begin = (): LanguageBelief => new LanguageBelief(new SessionLanguages({}));

describe('LanguageBelief', () => {
  it('is sure of a likely language once there is enough speech', () => {
    const belief = begin();
    expect(belief.isSure).toBe(false);
    belief.update({ language: 'cy', languageProbability: 0.95 }, 0.6);
    expect(belief.isSure).toBe(false);
    belief.update({ language: 'en', languageProbability: 0.7 }, 1.6);
    expect(belief.isSure).toBe(false);
    belief.update({ language: 'en', languageProbability: 0.85 }, 2.1);
    expect(belief.isSure).toBe(true);
  });

  it('asks for less the longer the speech, so that a window does not grow for ever', () => {
    const belief = begin();
    belief.update({ language: 'en', languageProbability: 0.65 }, 2.5);
    expect(belief.isSure).toBe(false);
    belief.update({ language: 'en', languageProbability: 0.65 }, 2.9);
    expect(belief.isSure).toBe(true);
    belief.update({ language: 'zh', languageProbability: 0.3 }, 8);
    expect(belief.isSure).toBe(true);
  });

  it('is what the decode of the longest audio found, and says when that is another language', () => {
    const belief = begin();
    expect(belief.update({ language: 'pt', languageProbability: 0.6 }, 0.6)).toBe(false);
    expect(belief.update({ language: 'pt', languageProbability: 0.7 }, 1.1)).toBe(false);
    expect(belief.update({ language: 'it', languageProbability: 0.5 }, 1.6)).toBe(true);
    expect(belief.found).toEqual({ language: 'it', languageProbability: 0.5 });
    expect(belief.choice(2).guess).toBe('it');
  });

  it('is sure at once where the model has one language', () => {
    const belief = begin();
    belief.update({ language: 'en' }, 0.6);
    expect(belief.isSure).toBe(true);
    expect(belief.completed({ language: 'en' })).toEqual({ language: 'en', languageProbability: undefined });
  });

  it('gives a decode that asked for no language the probability found before', () => {
    const belief = begin();
    belief.update({ language: 'es', languageProbability: 0.9 }, 2);
    expect(belief.completed({ language: 'es' }).languageProbability).toBe(0.9);
    expect(belief.completed({ language: 'it' }).languageProbability).toBeUndefined();
    expect(belief.completed({ language: 'es', languageProbability: 0.4 }).languageProbability).toBe(0.4);
  });

  it('trusts the audio more the longer it is, and never altogether', () => {
    const trusts = [0.3, 0.6, 1.2, 30].map((seconds) => begin().choice(seconds).trust);
    expect(trusts).toEqual([...trusts].sort((a, b) => a - b));
    expect(trusts[0]).toBeLessThan(0.4);
    expect(trusts[3]).toBeLessThan(1);
  });
});

describe('SessionLanguages', () => {
  it('holds the last language for likelier than those before it, and those than any other', () => {
    const session = new SessionLanguages({});
    expect(session.prior).toEqual({});
    for (const language of ['en', 'es']) session.note({ language, languageProbability: 0.9 });
    const { en = 0, es = 0 } = session.prior;
    expect(es).toBeGreaterThan(en);
    expect(en).toBeGreaterThan(1);
    expect(session.last).toBe('es');
  });

  it('learns nothing from a final that is not sure of its language', () => {
    const session = new SessionLanguages({});
    session.note({ language: 'cy', languageProbability: 0.3 });
    expect(session.prior).toEqual({});
  });

  it('forgets in time', () => {
    const session = new SessionLanguages({});
    session.note({ language: 'es', languageProbability: 0.9 });
    for (let i = 0; i < 10; i++) session.note({ language: 'en', languageProbability: 0.9 });
    expect(Object.keys(session.prior)).toEqual(['en']);
  });
});
