import { describe, expect, it } from '@jest/globals';
import {
  realtimeSessionSchema,
  type BetaSessionSettings,
  type RealtimeSessionSettings,
} from '@parlance/contracts';
import { gatewaySchema } from '../../gateway.config.js';
import {
  betaSessionView,
  changedSettings,
  firstSettings,
  transcriptionSessionView,
  settingsOf,
  settingsOfBeta,
  spokenFormat,
  transcriptionConfig,
  type RealtimeSettings,
} from './realtime-settings.js';

const FIRST = firstSettings('');
const NO_HINTS = { languages: [], keywords: [] };
const { openAiModels } = gatewaySchema.parse({}).recognition;
const configFor = (settings: RealtimeSettings) => transcriptionConfig(settings, openAiModels);
type Input = NonNullable<NonNullable<RealtimeSessionSettings['audio']>['input']>;
const changed = (input: Input, settings = FIRST): RealtimeSettings =>
  changedSettings(settings, FIRST, { type: 'transcription', audio: { input } });

describe('the settings of a transcription session', () => {
  it('begin with 24 kHz samples, the default model and turns that are detected', () => {
    expect(transcriptionSessionView('sess_1', FIRST)).toEqual({
      type: 'transcription',
      object: 'realtime.transcription_session',
      id: 'sess_1',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: { model: 'whisper-1', prompt: '' },
          turn_detection: {
            type: 'server_vad',
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
          },
        },
      },
    });
    expect(configFor(FIRST)).toMatchObject({
      recognition: { model: '', language: '', audio: { sampleRateHz: 16_000 } },
      endpointing: { silenceMs: 500, threshold: 0.5, prefixMs: 300 },
    });
    expect(spokenFormat(FIRST)).toEqual({ encoding: 'linear16', sample_rate: 24_000, channels: 1 });
  });

  it('begin with what a client secret binds them to, and the model of the client where it names none', () => {
    const bound = (transcription: object): RealtimeSessionSettings =>
      realtimeSessionSchema.parse({
        type: 'transcription',
        audio: { input: { transcription, turn_detection: null } },
      });
    expect(settingsOf('gpt-transcribe', bound({ language: 'es' }))).toMatchObject({
      model: 'gpt-transcribe',
      language: 'es',
      turnDetection: null,
    });
    expect(settingsOf('gpt-transcribe', bound({ model: 'whisper-base' })).model).toBe('whisper-base');
    expect(settingsOf('whisper-1')).toEqual(FIRST);
  });

  it('keep what an update leaves out, and replace what it names', () => {
    const spanish = changed({
      transcription: { model: 'whisper-base', language: 'es', ...NO_HINTS, prompt: 'pan' },
    });
    const silent = changed({ turn_detection: null, format: { type: 'audio/pcma' } }, spanish);
    expect(silent).toMatchObject({
      model: 'whisper-base',
      language: 'es',
      prompt: 'pan',
      turnDetection: null,
    });
    expect(spokenFormat(silent)).toEqual({ encoding: 'alaw', sample_rate: 8_000, channels: 1 });
    expect(changed({ transcription: { language: 'en', ...NO_HINTS, prompt: '' } }, silent)).toMatchObject({
      model: 'whisper-1',
      language: 'en',
      prompt: '',
    });
    expect(changedSettings(silent, FIRST, { type: 'transcription' })).toEqual(silent);
  });

  it('have languages to detect among, and words to expect', () => {
    const hinted = changed({
      transcription: { languages: ['en', 'es'], keywords: ['ACME', 'Ana'], language: '', prompt: '' },
    });
    expect(configFor(hinted).recognition).toMatchObject({
      languages: ['en', 'es'],
      decoding: { hotwords: 'ACME, Ana' },
    });
    expect(transcriptionSessionView('sess_1', hinted).audio.input.transcription).toMatchObject({
      languages: ['en', 'es'],
      keywords: ['ACME', 'Ana'],
    });
    expect(configFor(FIRST).recognition).not.toHaveProperty('decoding');
  });

  it.each([
    ['low', 'EAGERNESS_LOW'],
    ['auto', 'EAGERNESS_MEDIUM'],
    ['high', 'EAGERNESS_HIGH'],
  ] as const)('have eagerness %s judged as %s', (eagerness, asked) => {
    const { endpointing } = configFor(changed({ turn_detection: { type: 'semantic_vad', eagerness } }));
    expect(endpointing).toMatchObject({ eagerness: asked });
    expect(endpointing?.silenceMs).toBeUndefined();
  });

  it('cut as seldom as can be where the client commits', () => {
    expect(configFor(changed({ turn_detection: null })).endpointing).toMatchObject({
      silenceMs: 10_000,
      maxUtteranceMs: 29_000,
    });
  });

  it('are read and shown by the names of the beta as well', () => {
    const beta: BetaSessionSettings = {
      input_audio_format: 'g711_ulaw',
      input_audio_transcription: {
        ...{ model: 'gpt-4o-transcribe', language: 'en', prompt: '' },
        ...{ languages: ['en'], keywords: ['ACME'] },
      },
      turn_detection: null,
    };
    const settings = changedSettings(FIRST, FIRST, settingsOfBeta(beta));
    expect(betaSessionView('sess_1', settings)).toEqual({
      object: 'realtime.transcription_session',
      id: 'sess_1',
      ...beta,
    });
    expect(configFor(settings).recognition).toMatchObject({ model: '', language: 'en' });
    expect(changedSettings(settings, FIRST, settingsOfBeta({}))).toEqual(settings);
    const aLaw = settingsOfBeta({ input_audio_format: 'g711_alaw' });
    expect(changedSettings(FIRST, FIRST, aLaw).format).toBe('audio/pcma');
  });
});
