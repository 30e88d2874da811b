import { describe, expect, it } from '@jest/globals';
import { spokenLanguages } from './spoken-languages.js';

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
