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

  it.each([
    ['en-US', 'en'],
    ['EN', 'en'],
    ['English', 'en'],
    ['auto', ''],
    ['', ''],
  ])('takes the language %j for %j', (language, code) => {
    expect(read({ language: [language] }).language).toBe(code);
  });

  it.each<[string, Record<string, string[]>]>([
    ['beam_width', { beam_width: ['5'] }],
    ['__proto__', JSON.parse('{"__proto__":["1"]}') as Record<string, string[]>],
    ['chunking_strategy[type]', { 'chunking_strategy[type]': ['server_vad'] }],
    ['chunking_strategy', { chunking_strategy: ['{"type":"server_vad"}'] }],
    ['known_speaker_names', { known_speaker_names: ['Ann'] }],
    ['include', { include: ['logprobs'] }],
    ['language', { language: ['en', 'fr'] }],
    ['beam_size', { beam_size: ['2', '3'] }],
    ['stream', { stream: ['true'], response_format: ['srt'] }],
    ['stream', { stream: ['true'], response_format: ['text'] }],
    ['stream', { stream: ['1'], response_format: ['verbose_json'], timestamp_granularities: ['word'] }],
    ['prompt', { prompt: ['😀'.repeat(8_001)] }],
  ])('refuses %s by its name in %j, rather than ignore it', (name, fields) => {
    const asked = () => readTranscriptionFields(new Map(Object.entries(fields)));
    expect(asked).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(name) }),
    );
  });

  it('takes what changes no answer', () => {
    const fields = { user: ['u-1'], chunking_strategy: ['auto'], language: ['en', 'en'] };
    expect(read({ ...fields, prompt: ['😀'.repeat(8_000)] }).language).toBe('en');
  });

  it('refuses by name what is no language', () => {
    expect(() => read({ languages: ['en,klingon?'] })).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining("'klingon?'") }),
    );
  });
});
