import { describe, expect, it } from '@jest/globals';
import { decodingProperties, readDecodingFields } from './decoding-fields.js';

const read = (fields: Record<string, string | string[]>) =>
  readDecodingFields(new Map(Object.entries(fields).map(([name, value]) => [name, [value].flat()])));

describe("openai/whisper's options in a form", () => {
  it('are left out where the form has none', () => {
    expect(read({ model: 'whisper-1', language: 'en' })).toEqual({ temperature: 0, decoding: {} });
  });

  it('become values', () => {
    const form = {
      beam_size: '5',
      patience: '1.5',
      suppress_tokens: '',
      suppress_blank: 'False',
      condition_on_previous_text: '0',
      clip_timestamps: '1.5,3, 8',
      logprob_threshold: 'None',
      hotwords: 'Parlance, Whisper',
      batch_size: '8',
      vad_filter: 'true',
    };
    expect(read(form).decoding).toEqual({
      beamSize: 5,
      patience: 1.5,
      suppressTokens: '',
      suppressBlank: false,
      conditionOnPreviousText: false,
      clipTimestamps: [1.5, 3, 8],
      logprobThreshold: 0,
      hotwords: 'Parlance, Whisper',
      batchSize: 8,
      vadFilter: true,
    });
  });

  it.each<[Record<string, string | string[]>, number, number[] | undefined]>([
    [{ temperature: '0.4' }, 0.4, undefined],
    [{ temperature: '0,0.5,1' }, 0, [0, 0.5, 1]],
    [{ temperature: ['0.2', '0.6'] }, 0.2, [0.2, 0.6]],
    [{ temperature: '0.2', temperature_increment_on_fallback: 'None' }, 0.2, [0.2]],
    [{ temperature_increment_on_fallback: '0.5' }, 0, [0, 0.5, 1]],
  ])('take %j as temperatures', (form, temperature, temperatures) => {
    const decoding = temperatures ? { temperatures } : {};
    expect(read(form)).toEqual({ temperature, decoding });
  });

  it.each([
    ['beam_size', '1000000'],
    ['beam_size', '2.5'],
    ['best_of', '0'],
    ['batch_size', '1e6'],
    ['patience', 'much'],
    ['patience', ''],
    ['length_penalty', '-1'],
    ['sample_len', '500'],
    ['suppress_tokens', '1;2'],
    ['suppress_blank', 'perhaps'],
    ['clip_timestamps', '5,3'],
    ['clip_timestamps', '1,,2'],
    ['clip_timestamps', '-1'],
    ['temperature', '2'],
    ['temperature', '0,warm'],
    ['temperature_increment_on_fallback', '0.0001'],
    ['no_speech_threshold', 'Infinity'],
    ['hotwords', 'x'.repeat(1001)],
    ['seed', '-1'],
  ])('are refused by name: %s=%s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(name) }),
    );
  });

  it('are told to the OpenAPI page with their limits', () => {
    expect(decodingProperties()).toMatchObject({
      beam_size: { type: 'integer', minimum: 1, maximum: 16, description: expect.any(String) },
      clip_timestamps: { type: 'array' },
      suppress_blank: { type: 'boolean' },
    });
  });
});
