import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { nameOfDefault, openAiModelsEnv, recognitionModel } from './openai-models.config.js';

const schema = z.object(openAiModelsEnv);
const read = (variable?: string) =>
  schema.parse(variable === undefined ? {} : { PARLANCE_OPENAI_MODELS: variable }).PARLANCE_OPENAI_MODELS;

describe("OpenAI's names of models", () => {
  it.each([
    ...['whisper-1', 'gpt-transcribe', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe'],
    ...['gpt-live-transcribe', 'gpt-realtime-whisper'],
  ])('%s is the default model by default', (name) => {
    expect(recognitionModel(read(), name)).toBe('');
  });

  it('are what the configuration says', () => {
    const aliases = read('gpt-4o-transcribe:whisper-large-v3,whisper-1:');
    expect(recognitionModel(aliases, 'gpt-4o-transcribe')).toBe('whisper-large-v3');
    expect(recognitionModel(aliases, 'whisper-1')).toBe('');
    expect(recognitionModel(aliases, 'gpt-transcribe')).toBe('gpt-transcribe');
  });

  it('leave every other name as it is', () => {
    expect(recognitionModel(read(), 'whisper-base')).toBe('whisper-base');
    expect(recognitionModel(read(), '')).toBe('');
    expect(recognitionModel(read(), 'constructor')).toBe('constructor');
  });

  it('have one that stands for the default model, else it has its own', () => {
    expect(nameOfDefault(read(), 'whisper-base')).toBe('whisper-1');
    expect(nameOfDefault(read('whisper-1:whisper-small'), 'whisper-base')).toBe('whisper-base');
  });

  it('of speech are three by default, or those that the configuration has', () => {
    const speech = (env: object) => schema.parse(env).PARLANCE_OPENAI_SPEECH_MODELS;
    expect(speech({})).toEqual(['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts']);
    expect(speech({ PARLANCE_OPENAI_SPEECH_MODELS: 'tts-1, tts-2' })).toEqual(['tts-1', 'tts-2']);
  });

  it.each(['gpt', ':whisper-base', 'gpt-4o:a b'])(
    'are refused as %j, by the number of the entry',
    (entry) => {
      const { error } = schema.safeParse({ PARLANCE_OPENAI_MODELS: `whisper-1:,${entry}` });
      expect(error?.issues[0]?.message).toContain('entry 2');
    },
  );
});
