import { describe, expect, it } from '@jest/globals';
import type { DecodingOptions__Output } from '@parlance/contracts';
import { decodingOf } from '@parlance/whisper';
import { readDecoding, refuseRecordingOptions } from './decoding-config.js';

/** What arrives where a client sets nothing: the protocol's zeros, and no optional field. */
const UNSET: DecodingOptions__Output = {
  temperatures: [],
  withoutTimestamps: false,
  hotwords: '',
  hotwordBias: 0,
  seed: 0,
  carryInitialPrompt: false,
  clipTimestamps: [],
  hallucinationSilenceThreshold: 0,
  prefix: '',
  batchSize: 0,
  vadFilter: false,
};
const read = (options: Partial<DecodingOptions__Output>) => readDecoding({ ...UNSET, ...options });

describe('decoding options of a request', () => {
  it("are openai-whisper's defaults where nothing is set", () => {
    expect(decodingOf({ decoding: read({}).decoding })).toEqual({
      temperatures: [0, 0.2, 0.4, expect.closeTo(0.6), 0.8, 1],
      beamSize: undefined,
      patience: 1,
      bestOf: 1,
      lengthPenalty: undefined,
      sampleLen: 224,
      suppressTokens: 'default',
      suppressBlank: true,
      withoutTimestamps: false,
      maxInitialTimestamp: 1,
      compressionRatioThreshold: 2.4,
      logprobThreshold: -1,
      noSpeechThreshold: 0.6,
      hotwords: undefined,
      hotwordBias: 0,
      seed: 0,
    });
  });

  it('replace defaults one by one; 0 switches a check off', () => {
    const { decoding } = read({
      temperatures: [0.5],
      beamSize: 5,
      suppressTokens: '-1, 50256',
      logprobThreshold: 0,
      noSpeechThreshold: 0.3,
    });
    expect(decodingOf({ decoding })).toMatchObject({
      temperatures: [0.5],
      beamSize: 5,
      suppressTokens: [-1, 50256],
      logprobThreshold: undefined,
      noSpeechThreshold: 0.3,
      compressionRatioThreshold: 2.4,
    });
  });

  it('take one beam for greedy, and an empty list for nothing suppressed', () => {
    expect(read({ beamSize: 1, suppressTokens: '' }).decoding).toMatchObject({ suppressTokens: [] });
    expect(read({ beamSize: 1 }).decoding.beamSize).toBeUndefined();
  });

  it('tell how a recording is walked', () => {
    const { recording } = read({ conditionOnPreviousText: false, clipTimestamps: [1, 2], batchSize: 8 });
    expect(recording).toMatchObject({ conditionOnPreviousText: false, clipTimestamps: [1, 2], batchSize: 8 });
    expect(read({}).recording).toMatchObject({
      conditionOnPreviousText: undefined,
      clipTimestamps: undefined,
      batchSize: undefined,
    });
  });

  it('tell how speech is found, where speech is looked for', () => {
    const limits = { vadThreshold: 0.7, vadSilenceMs: 500, vadPrefixMs: 0 };
    expect(read({ vadFilter: true, ...limits }).recording).toMatchObject(limits);
    expect(read({ batchSize: 4, ...limits }).recording).toMatchObject(limits);
    expect(() => read({ vadSilenceMs: 500 })).toThrow(
      expect.objectContaining({ message: 'decoding.vad_silence_ms: needs vad_filter or batch_size' }),
    );
  });

  it.each<[string, Partial<DecodingOptions__Output>]>([
    ['condition_on_previous_text', { conditionOnPreviousText: false }],
    ['clip_timestamps', { clipTimestamps: [0, 1] }],
    ['batch_size', { batchSize: 4 }],
    ['vad_filter', { vadFilter: true }],
    ['vad_threshold', { vadThreshold: 0.5 }],
  ])('of recordings are refused by name for live speech: %s', (name, options) => {
    expect(() => refuseRecordingOptions({ ...UNSET, ...options })).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(name) }),
    );
    expect(() => refuseRecordingOptions({ ...UNSET, beamSize: 5 })).not.toThrow();
  });

  it.each<[string, Partial<DecodingOptions__Output>]>([
    ['beam_size', { beamSize: 1_000_000 }],
    ['batch_size', { batchSize: -1 }],
    ['temperatures', { temperatures: [NaN] }],
    ['patience', { patience: Infinity }],
    ['suppress_tokens', { suppressTokens: 'all' }],
    ['clip_timestamps', { clipTimestamps: [9, 1] }],
    ['length_penalty', { lengthPenalty: 3 }],
    ['vad_threshold', { vadFilter: true, vadThreshold: 1.5 }],
  ])('are refused by name: %s', (name, options) => {
    expect(() => read(options)).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(name) }),
    );
  });
});
