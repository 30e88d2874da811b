import { describe, expect, it } from '@jest/globals';
import { readListenQuery } from './listen-query.js';

const read = (query: string) => readListenQuery(new URLSearchParams(query));
const refusalOf = (query: string): unknown => {
  try {
    return read(query);
  } catch (error) {
    return error;
  }
};

describe('the query of /v1/listen', () => {
  it('reads lists with commas and as several parameters', () => {
    expect(read('languages=en-US&languages=Spanish,fr').languages).toEqual(['en', 'es', 'fr']);
    expect(read('temperatures=0&temperatures=0.5').temperatures).toEqual([0, 0.5]);
  });

  it.each([
    ['en-US', 'en'],
    ['English', 'en'],
    ['auto', ''],
    ['', ''],
  ])('reads the language %j as %j', (language, code) => {
    expect(read(`language=${language}`).language).toBe(code);
  });

  it.each([
    ['punctuate', 'punctuate=true'],
    ['__proto__', '__proto__=1'],
    ['constructor', 'constructor=x'],
    ['model', 'model=a&model=b'],
    ['language', 'language=klingon'],
    ['session', 'session=01JD0000000000000000000000'],
    ['after', 'after=3'],
    ['voice', 'voice=joe'],
    ['audio', 'audio=true'],
    ['speak', 'speak=false'],
    ['after', 'converse=true&after=0x10'],
    ['after', 'converse=true&after='],
    ['after', 'converse=true&after=1e3'],
    ['prompt', `prompt=${'x'.repeat(8_001)}`],
  ])('refuses %s by its name in ?%s', (name, query) => {
    expect(refusalOf(query)).toMatchObject({
      code: 'request.invalid',
      message: expect.stringMatching(new RegExp(`(^|; )${name}: `)),
    });
  });

  it('takes what a conversation needs where there is one', () => {
    const query = 'converse=true&session=01JD0000000000000000000000&after=12&voice=joe&audio=true&token=k';
    expect(read(query)).toMatchObject({ after: 12, voice: 'joe', audio: true });
    expect(read('speak=true&audio=false&converse=false').converse).toBe(false);
  });
});
