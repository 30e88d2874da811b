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

  it('tells the log-probability of each token where it is asked to', () => {
    expect(read({}).logprobs).toBe(false);
    expect(read({ include: ['logprobs'] }).logprobs).toBe(true);
  });

  it('expects the keywords of OpenAI beside the hotwords', () => {
    expect(read({}).decoding.hotwords).toBeUndefined();
    expect(read({ keywords: ['ACME', ' '] }).decoding.hotwords).toBe('ACME');
    expect(read({ hotwords: ['bicycle'], keywords: ['ACME', 'Ana Ruiz'] }).decoding.hotwords).toBe(
      'bicycle, ACME, Ana Ruiz',
    );
    expect(() => read({ keywords: ['a'.repeat(1_001)] })).toThrow('keywords: may have 1000 characters');
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
    ['chunking_strategy', { 'chunking_strategy[type]': ['semantic_vad'] }],
    ['chunking_strategy', { chunking_strategy: ['{"type":"client_vad"}'] }],
    ['diarized_json', { response_format: ['diarized_json'] }],
    ['response_format', { response_format: ['diarized_json'] }],
    ['known_speaker_names', { known_speaker_names: ['Ann'] }],
    ['include', { include: ['logprobs'], response_format: ['verbose_json'] }],
    ['logprobs are not told', { include: ['logprobs'], beam_size: ['5'] }],
    ['include', { include: ['speakers'] }],
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

  it('hears only where there is speech by a chunking strategy, unless the form says otherwise', () => {
    const auto = { chunking_strategy: ['auto'] };
    expect(read(auto).decoding).toEqual({ vadFilter: true });
    expect(read({ ...auto, vad_filter: ['false'] }).decoding).toEqual({ vadFilter: false });
    const vad = { 'chunking_strategy[type]': ['server_vad'], 'chunking_strategy[threshold]': ['0.8'] };
    expect(read(vad).decoding).toMatchObject({ vadFilter: true, vadThreshold: 0.8 });
  });

  it('takes what changes no answer', () => {
    const fields = { user: ['u-1'], language: ['en', 'en'] };
    expect(read({ ...fields, prompt: ['😀'.repeat(8_000)] }).language).toBe('en');
  });

  it('refuses by name what is no language', () => {
    expect(() => read({ languages: ['en,klingon?'] })).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining("'klingon?'") }),
    );
  });
});
