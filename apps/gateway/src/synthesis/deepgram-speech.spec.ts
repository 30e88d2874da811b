import { describe, expect, it, jest } from '@jest/globals';
import type { SpeakFormat } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { DeepgramSpeech } from './deepgram-speech.service.js';

const SIGNAL = new AbortController().signal;
const SUBJECT = { tenant: 'acme' };
const RAW: SpeakFormat = {
  encoding: 'linear16',
  container: 'none',
  sampleRateHz: 24_000,
  bitRate: undefined,
};
const ALIASES = [
  { name: 'aura-asteria-en', isPrefix: false, model: 'af_nova' },
  { name: 'aura', isPrefix: true, model: '' },
];

async function* samples(): AsyncGenerator<Buffer> {
  // Cut within a sample.
  yield Buffer.from('abc');
  yield Buffer.from('def');
}

function speechOver(ffmpegPath = 'no-ffmpeg') {
  const format = { engine: 'local:test', degradedFrom: '', sampleRateHz: 24_000 };
  const speak = jest.fn(async (..._: readonly unknown[]) => ({ format, audio: samples() }));
  const require = jest.fn(async (..._: readonly unknown[]) => undefined);
  const count = jest.fn();
  const config = { synthesis: { deepgramVoices: ALIASES }, decoder: { ffmpegPath } };
  const made = [{ speak }, { require }, { count }, config] as never as ConstructorParameters<
    typeof DeepgramSpeech
  >;
  const service = new DeepgramSpeech(...made);
  const ask = (model: string, wanted = RAW) =>
    service.speak({ text: 'Hello.', model, format: wanted, speed: 1.2 }, SUBJECT as never, SIGNAL);
  return { ask, speak, require, count, service };
}

async function chunksOf(audio: AsyncIterable<Buffer>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of audio) chunks.push(chunk.toString());
  return chunks;
}

describe('speech for clients of Deepgram', () => {
  it.each([
    ['aura-asteria-en', 'af_nova', ''],
    ['aura-2-agathe-fr', '', 'fr'],
    ['aura-2', '', ''],
    ['joe', 'joe', ''],
  ])('%s is spoken by the voice "%s" or one of the language "%s"', async (model, voice, language) => {
    const { ask, speak, require, service } = speechOver();
    await ask(model);
    const asked = { text: 'Hello.', voice, language, speed: 1.2, encoding: 'SPEECH_ENCODING_PCM_S16LE' };
    expect(speak).toHaveBeenCalledWith(asked, { tenant: 'acme' }, SIGNAL);
    await service.requireVoice(model, SIGNAL);
    expect(require).toHaveBeenCalledWith(voice, SIGNAL);
  });

  it('passes on as it is what was spoken so, in whole samples, and counts its characters', async () => {
    const { ask, count } = speechOver();
    const { audio, engine } = await ask('joe');
    expect([engine, await chunksOf(audio)]).toEqual(['local:test', ['ab', 'cdef']]);
    expect(count).toHaveBeenCalledWith(SUBJECT, { characters: 6 });
  });

  it('fails where it cannot be encoded', async () => {
    const { audio } = await speechOver('/nowhere/ffmpeg').ask('joe', { ...RAW, encoding: 'mulaw' });
    await expect(chunksOf(audio)).rejects.toMatchObject({ code: 'upstream.unavailable' });
  });

  it('counts nothing that is not spoken', async () => {
    const { ask, speak, count } = speechOver();
    speak.mockRejectedValueOnce(new AppError('voice.not_found', 'nobody'));
    await expect(ask('nobody')).rejects.toMatchObject({ code: 'voice.not_found' });
    expect(count).not.toHaveBeenCalled();
  });
});
