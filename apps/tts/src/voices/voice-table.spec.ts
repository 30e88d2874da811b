import { describe, expect, it } from '@jest/globals';
import { SpeechSynthesizer, type SpeechVoice, type EngineAudio } from '../engines/speech-synthesizer.js';
import { VoiceTable } from './voice-table.js';

class FakeEngine extends SpeechSynthesizer {
  constructor(
    override readonly engine: string,
    private readonly list: readonly (readonly [name: string, language: string])[],
  ) {
    super();
  }
  override async init(): Promise<void> {}
  override voices(): readonly SpeechVoice[] {
    return this.list.map(([name, language]) => ({ name, language, licence: 'CC0-1.0' }));
  }
  override speak(): EngineAudio {
    throw new Error('not here');
  }
}

const polly = new FakeEngine('polly', [
  ['Joanna', 'en-US'],
  ['Ruth', 'en-US'],
  ['Lucia', 'es-ES'],
]);
const piper = new FakeEngine('piper', [['joe', 'en-US']]);
const kokoro = new FakeEngine('kokoro', [
  ['af_heart', 'en-US'],
  ['af_nova', 'en-US'],
  ['am_echo', 'en-US'],
  ['bm_fable', 'en-GB'],
  ['ef_dora', 'es'],
]);
const espeak = new FakeEngine('espeak', [
  ['en-us', 'en-US'],
  ['en-gb', 'en-GB'],
  ['es', 'es'],
  ['de', 'de'],
  ['cmn', 'cmn'],
]);
const local = new VoiceTable([piper, kokoro, espeak], 'joe');

function chosen(table: VoiceTable, name: string, language = ''): string[] {
  return table.choose(name, language).map(({ voice }) => voice.name);
}

describe('the table of voices', () => {
  it.each([
    ['', 'joe'],
    ['alloy', 'joe'],
    ['nova', 'af_nova'],
    ['Echo', 'am_echo'],
    ['fable', 'bm_fable'],
    ['Ruth', 'af_nova'],
    ['LUCIA', 'ef_dora'],
    ['Vicki', 'de'],
    ['af_heart', 'af_heart'],
    ['DE', 'de'],
  ])('has a local voice for the name "%s": %s', (name, voice) => {
    expect(chosen(local, name)[0]).toBe(voice);
  });

  it.each([
    ['en', 'joe'],
    ['en-GB', 'joe'],
    ['es', 'ef_dora'],
    ['es-MX', 'ef_dora'],
    ['de-AT', 'de'],
    ['zh', 'cmn'],
    ['zh-Hant-TW', 'cmn'],
    ['xx', 'joe'],
  ])('has a voice for text in %s where none is named: %s', (language, voice) => {
    expect(chosen(local, '', language)[0]).toBe(voice);
  });

  it('lets a voice asked for by name win over the language', () => {
    expect(chosen(local, 'am_echo', 'es')[0]).toBe('am_echo');
  });

  it('has a voice of the same language of each engine behind', () => {
    expect(chosen(local, 'joe')).toEqual(['joe', 'af_heart', 'en-us']);
    expect(chosen(local, 'bm_fable')).toEqual(['bm_fable', 'en-gb']);
    expect(chosen(local, 'ef_dora')).toEqual(['ef_dora', 'es']);
  });

  it("gives names of OpenAI's voices to Polly's where Polly is there", () => {
    const table = new VoiceTable([polly, piper, kokoro, espeak], 'Joanna');
    expect(chosen(table, 'alloy')).toEqual(['Joanna', 'joe', 'af_heart', 'en-us']);
    expect(chosen(table, 'nova')[0]).toBe('Ruth');
    expect(chosen(table, '', 'es')[0]).toBe('Lucia');
  });

  it('gives every name to who speaks its language where Kokoro is not installed', () => {
    const table = new VoiceTable([piper, espeak], 'joe');
    expect(chosen(table, 'nova')[0]).toBe('joe');
    expect(chosen(table, 'Lucia')[0]).toBe('es');
  });

  it('speaks English by the first engine that does where the default voice is not installed', () => {
    expect(new VoiceTable([espeak], 'joe').standard.voice.name).toBe('en-us');
  });

  it.each(['nobody', 'constructor', '__proto__', 'toString', 'joe '])('has no voice "%s"', (name) => {
    expect(() => local.choose(name)).toThrow(
      expect.objectContaining({
        code: 'voice.not_found',
        message: expect.stringContaining('Voices of en-US: joe, af_heart, af_nova, am_echo, en-us.'),
      }),
    );
  });

  it('lists each voice once, with its engine, its licence and the names it answers to', () => {
    const listed = local.list();
    expect(new Set(listed.map(({ name }) => name)).size).toBe(listed.length);
    expect(listed.find(({ name }) => name === 'joe')).toMatchObject({
      engine: 'piper',
      language: 'en-US',
      licence: 'CC0-1.0',
      aliases: expect.arrayContaining(['alloy']),
    });
    expect(listed.find(({ name }) => name === 'af_nova')!.aliases).toEqual(['ruth', 'nova']);
  });
});
