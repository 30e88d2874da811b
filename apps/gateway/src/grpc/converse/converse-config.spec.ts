import { describe, expect, it } from '@jest/globals';
import type { ConverseConfig__Output } from '@parlance/contracts';
import { readConverseConfig } from './converse-config.js';

const SESSION = '01JD0000000000000000000000';
const BARE = { speech: null, reply: null, session: '' } as unknown as ConverseConfig__Output;
const MODELS = [{ name: 'whisper-1', model: '' }];
const read = (parts: object) => readConverseConfig({ ...BARE, ...parts } as ConverseConfig__Output, MODELS);
const audio = (parts: object) => ({
  speech: {
    mode: 'STREAMING_MODE_LIVE',
    recognition: {
      audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 0, ...parts },
      model: '',
    },
  },
});

describe('the configuration of a conversation', () => {
  it('may be empty: 16 kHz, interims, a new session, a spoken reply as it is stored', () => {
    expect(read({})).toMatchObject({
      session: undefined,
      after: undefined,
      format: { encoding: 'linear16', sample_rate: 16_000, channels: 1 },
      speech: { mode: 'STREAMING_MODE_LIVE', interimResults: true, recognition: { wordTimestamps: true } },
      reply: { speak: true, voice: '' },
      isPcmWanted: false,
    });
  });

  it('passes on what recognition is asked for, with the audio as it is after decoding', () => {
    const config = read({
      session: SESSION,
      after: 7,
      reply: { textOnly: false, voice: 'joe', encoding: 'REPLY_ENCODING_PCM_S16LE' },
      speech: {
        mode: 'STREAMING_MODE_UNSPECIFIED',
        interimResults: false,
        endpointing: { silenceMs: 300, maxUtteranceMs: 0, threshold: 0 },
        recognition: {
          audio: { encoding: 'AUDIO_ENCODING_OPUS', sampleRateHz: 0, channels: 2 },
          model: 'whisper-1',
          language: 'es',
          languages: ['es', 'en'],
          prompt: 'Hola',
          task: 'TASK_TRANSLATE',
        },
      },
    });
    expect(config).toMatchObject({ session: SESSION, after: 7, isPcmWanted: true, reply: { voice: 'joe' } });
    expect(config.format).toEqual({ encoding: 'opus', sample_rate: 16_000, channels: 2 });
    expect(config.speech).toMatchObject({
      mode: 'STREAMING_MODE_LIVE',
      interimResults: false,
      endpointing: { silenceMs: 300 },
      recognition: {
        audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 },
        model: '',
        language: 'es',
        languages: ['es', 'en'],
        prompt: 'Hola',
        task: 'TASK_TRANSLATE',
      },
    });
  });

  it.each([
    ['speech.mode', { speech: { mode: 'STREAMING_MODE_RECORDING' } }],
    ['speech.recognition.audio.encoding', audio({ encoding: 99 })],
    ['speech.recognition.audio.encoding', audio({ encoding: '__proto__' })],
    ['speech.recognition.audio.sample_rate_hz', audio({ sampleRateHz: 0 })],
    ['speech.recognition.audio.sample_rate_hz', audio({ sampleRateHz: 4_000_000 })],
    ['speech.recognition.audio.channels', audio({ channels: 7 })],
    ['reply.encoding', { reply: { textOnly: false, voice: '', encoding: 7 } }],
    ['reply.text_only', { reply: { textOnly: true, voice: 'joe', encoding: 'REPLY_ENCODING_UNSPECIFIED' } }],
    ['session', { session: 'x.>' }],
    ['after', { after: -1 }],
  ])('is refused by %s', (field, parts) => {
    expect(() => read(parts)).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(`${field}: `) }),
    );
  });
});
