import { describe, expect, it } from '@jest/globals';
import { readTranscriptionFields } from './transcription-form.schema.js';

const read = (fields: Readonly<Record<string, string[]>>) =>
  readTranscriptionFields(new Map(Object.entries(fields)));

describe('readTranscriptionFields', () => {
  it('takes the languages to detect among with commas between them, or one field each', () => {
    expect(read({}).languages).toEqual([]);
    expect(read({ languages: ['en,es'] }).languages).toEqual(['en', 'es']);
    expect(read({ languages: ['en', 'es'] }).languages).toEqual(['en', 'es']);
  });

  it('refuses by name what is no language', () => {
    expect(() => read({ languages: ['en,klingon?'] })).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining("'klingon?'") }),
    );
  });
});
