import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { deepgramModelsEnv, modelOfAlias } from './deepgram-models.config.js';

const schema = z.object(deepgramModelsEnv);
const read = (variable?: string) =>
  schema.parse(variable === undefined ? {} : { PARLANCE_DEEPGRAM_MODELS: variable }).PARLANCE_DEEPGRAM_MODELS;

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
