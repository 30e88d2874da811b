import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { deepgramModelsEnv, modelOfAlias } from './deepgram-models.config.js';

const schema = z.object(deepgramModelsEnv);
const read = (variable?: string) =>
  schema.parse(variable === undefined ? {} : { PARLANCE_DEEPGRAM_MODELS: variable }).PARLANCE_DEEPGRAM_MODELS;
const readVoices = (variable?: string) =>
  schema.parse(variable === undefined ? {} : { PARLANCE_DEEPGRAM_VOICES: variable }).PARLANCE_DEEPGRAM_VOICES;

describe("Deepgram's names of models", () => {
  it.each(['nova-3', 'nova-2-general', 'enhanced', 'base'])('%s is the default model by default', (name) => {
    expect(modelOfAlias(read(), name)).toBe('');
  });

  it('are what the configuration says, the first entry that fits', () => {
    const aliases = read('nova-3:whisper-large-v3,nova*:whisper-small');
    expect(modelOfAlias(aliases, 'nova-3')).toBe('whisper-large-v3');
    expect(modelOfAlias(aliases, 'nova-3-medical')).toBe('whisper-small');
    expect(modelOfAlias(aliases, 'enhanced')).toBe('enhanced');
  });

  it('leave every other name as it is', () => {
    expect(modelOfAlias(read(), 'whisper-base')).toBe('whisper-base');
    expect(modelOfAlias(read(), '')).toBe('');
  });

  it.each(['nova', ':whisper-base', 'nova-3:a b'])(
    'are refused as %j, by the number of the entry',
    (entry) => {
      const { error } = schema.safeParse({ PARLANCE_DEEPGRAM_MODELS: `base:,${entry}` });
      expect(error?.issues[0]?.message).toContain('entry 2');
    },
  );
});

describe("Deepgram's names of voices", () => {
  it('stand for no voice of a name by default, and for those that the configuration says', () => {
    expect(modelOfAlias(readVoices(), 'aura-2-thalia-en')).toBe('');
    const aliases = readVoices('aura-2-thalia-en:af_nova,aura*:joe');
    expect(modelOfAlias(aliases, 'aura-2-thalia-en')).toBe('af_nova');
    expect(modelOfAlias(aliases, 'aura-asteria-en')).toBe('joe');
    expect(modelOfAlias(aliases, 'alloy')).toBe('alloy');
  });

  it('are refused by the number of the entry', () => {
    const { error } = schema.safeParse({ PARLANCE_DEEPGRAM_VOICES: 'aura*:,nobody' });
    expect(error?.issues[0]?.message).toBe('entry 2 must read NAME:VOICE or NAME*:VOICE');
  });
});
