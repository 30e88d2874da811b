import { describe, expect, it } from '@jest/globals';
import { languageListSchema, languageSchema, spokenTagSchema } from './language.schema.js';
import { languageName, parseLanguage } from './language.js';

describe('a language that a client names', () => {
  it.each([
    ['en', 'en'],
    ['EN', 'en'],
    ['en-US', 'en'],
    ['en_gb', 'en'],
    ['English', 'en'],
    ['SPANISH', 'es'],
    ['castilian', 'es'],
    ['haitian creole', 'ht'],
    ['burmese', 'my'],
    ['mandarin', 'zh'],
    ['zh-Hant-TW', 'zh'],
    ['yue-HK', 'yue'],
    ['cmn', 'zh'],
    ['eng', 'en'],
    ['iw', 'he'],
    ['fil', 'tl'],
    ['tl', 'tl'],
    ['jv', 'jw'],
    ['jw', 'jw'],
    ['nb-NO', 'no'],
    ['no', 'no'],
    ['nn', 'nn'],
    ['haw', 'haw'],
    ['xx', 'xx'],
    ['auto', ''],
    ['Auto', ''],
    ['', ''],
    [' ', ''],
  ])('%j is read as the code %j', (text, code) => {
    expect(languageSchema.parse(text)).toBe(code);
  });

  it.each(['klingon?', 'klingon', 'constructor', '__proto__', 'e', 'en-', 'en us'])(
    '%j is refused by its name',
    (text) => {
      expect(() => parseLanguage(text)).toThrow(
        expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(`'${text}'`) }),
      );
      expect(languageSchema.safeParse(text).success).toBe(false);
    },
  );

  it('keeps its region for voices', () => {
    expect(spokenTagSchema.parse('pt_br')).toBe('pt-BR');
    expect(spokenTagSchema.parse('ZH-hant-tw')).toBe('zh-Hant-TW');
    expect(spokenTagSchema.parse('Portuguese')).toBe('pt');
    expect(spokenTagSchema.parse('auto')).toBe('');
  });

  it('may be one of several, each once; auto among them allows any', () => {
    expect(languageListSchema.parse('en-US, Spanish,,en')).toEqual(['en', 'es']);
    expect(languageListSchema.parse('en,auto')).toEqual([]);
    expect(languageListSchema.parse(undefined)).toEqual([]);
    expect(languageListSchema.safeParse('en,spanish!').error?.issues).toMatchObject([
      { message: expect.stringContaining("'spanish!'") },
    ]);
  });

  it("has Whisper's own English name", () => {
    const names = ['bn', 'tl', 'my', 'nn', 'mi', 'ht', 'he', 'en', 'jw', 'yue'].map(languageName);
    expect(names).toEqual([
      ...['bengali', 'tagalog', 'myanmar', 'nynorsk', 'maori', 'haitian creole', 'hebrew', 'english'],
      ...['javanese', 'cantonese'],
    ]);
    expect(languageName('')).toBe('');
  });
});
