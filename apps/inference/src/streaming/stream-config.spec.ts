import { describe, expect, it } from '@jest/globals';
import type { RecognitionConfig__Output, StreamingConfig__Output } from '@parlance/contracts';
import { readRecognition, readStreamConfig } from './stream-config.js';

const RAW = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };
/** As it comes from the wire, where every field has a value. */
const RECOGNITION = {
  audio: RAW,
  model: '',
  language: '',
  languages: [],
  task: 'TASK_UNSPECIFIED',
  prompt: '',
  temperature: 0,
  wordTimestamps: false,
  tokenProbabilities: false,
  withoutFallback: false,
  decoding: null,
};
const STREAM = {
  recognition: RECOGNITION,
  mode: 'STREAMING_MODE_LIVE',
  interimResults: true,
  endpointing: null,
  assessment: null,
};

const recognition = (fields: object) => () =>
  readRecognition({ ...RECOGNITION, ...fields } as RecognitionConfig__Output);
const stream = (fields: object) => () =>
  readStreamConfig({
    payload: 'config',
    config: { ...STREAM, ...fields } as StreamingConfig__Output,
  } as Parameters<typeof readStreamConfig>[0]);
const raw = (fields: object) => stream({ recognition: { ...RECOGNITION, audio: { ...RAW, ...fields } } });
const endpointing = (fields: object) =>
  stream({ endpointing: { silenceMs: 0, maxUtteranceMs: 0, threshold: 0, ...fields } });

describe('the configuration of a recognition', () => {
  it('reads speech that is to be a text as English, and assesses no stream of a recording', () => {
    const assessed = stream({ assessment: { expectedText: ' Hello there. ' } })();
    expect(assessed.assessment).toEqual({ expectedText: 'Hello there.' });
    expect(assessed.recognition.language).toBe('en');
    const recording = { mode: 'STREAMING_MODE_RECORDING', assessment: { expectedText: '' } };
    expect(stream(recording)).toThrow('The field assessment is of live speech');
    expect(stream({ assessment: { expectedText: 'a'.repeat(20_001) } })).toThrow('expected_text');
  });

  it('takes what is left out for what is usual', () => {
    expect(stream({})()).toMatchObject({
      isLive: true,
      endpointing: { silenceMs: 500, maxUtteranceMs: 28_000, threshold: 0.5, prefixMs: 300 },
      recognition: { task: 'transcribe', language: undefined },
    });
  });

  it.each([
    ['temperature', recognition({ temperature: NaN })],
    ['temperature', recognition({ temperature: -1 })],
    ['temperature', recognition({ temperature: Infinity })],
    ['prompt', recognition({ prompt: 'x'.repeat(10 * 2 ** 20) })],
    ['model', recognition({ model: 'x'.repeat(201) })],
    ['language', recognition({ language: 'x'.repeat(10 * 2 ** 20) })],
    ['languages', recognition({ languages: Array<string>(1_000_000).fill('en') })],
    ['languages', recognition({ languages: ['x'.repeat(36)] })],
    ['task', recognition({ task: 7 })],
    ['token_probabilities', recognition({ tokenProbabilities: true, decoding: { beamSize: 5 } })],
    ['token_probabilities', stream({ recognition: { ...RECOGNITION, tokenProbabilities: true } })],
    ['mode', stream({ mode: -2 })],
    ['silence_ms', endpointing({ silenceMs: -1 })],
    ['silence_ms', endpointing({ silenceMs: 2 ** 31 - 1 })],
    ['max_utterance_ms', endpointing({ maxUtteranceMs: 1 })],
    ['threshold', endpointing({ threshold: NaN })],
    ['threshold', endpointing({ threshold: -0.5 })],
    ['prefix_ms', endpointing({ prefixMs: -1 })],
    ['prefix_ms', endpointing({ prefixMs: 2_001 })],
    ['eagerness', endpointing({ eagerness: 9 })],
    ['eagerness', endpointing({ eagerness: 'EAGERNESS_LOW', silenceMs: 500 })],
  ])('refuses %s beyond its limits by its name', (name, read) => {
    const refusal = { code: 'request.invalid', message: expect.stringContaining(`The field ${name} `) };
    expect(read).toThrow(expect.objectContaining(refusal));
  });

  it.each([
    ['sample_rate_hz', raw({ sampleRateHz: -16_000 })],
    ['sample_rate_hz', raw({ sampleRateHz: 2 ** 31 - 1 })],
    ['channels', raw({ channels: -1 })],
    ['channels', raw({ channels: 3 })],
    ['encoding', raw({ encoding: 99 })],
  ])('refuses audio whose %s cannot be read', (name, read) => {
    const refusal = { code: 'audio.unsupported_format', message: expect.stringContaining(name) };
    expect(read).toThrow(expect.objectContaining(refusal));
  });

  it('judges ends of turns where eagerness is given, and tells what has started where that is asked for', () => {
    expect(endpointing({})()).toMatchObject({ eagerness: undefined, confirmSpeech: false });
    expect(endpointing({ eagerness: 'EAGERNESS_UNSPECIFIED', silenceMs: 700 })()).toMatchObject({
      eagerness: undefined,
      endpointing: { silenceMs: 700 },
    });
    const asked = { eagerness: 'EAGERNESS_HIGH', confirmSpeech: true };
    expect(endpointing(asked)()).toMatchObject({ eagerness: 'high', confirmSpeech: true });
  });
});
