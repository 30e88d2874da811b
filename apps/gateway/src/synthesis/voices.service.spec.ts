import { expect, it, jest } from '@jest/globals';
import type { ListVoicesResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/ListVoicesResponse';
import type { SpeechSynthesisClient } from './synthesis.client.js';
import { VoicesService } from './voices.service.js';

const SIGNAL = new AbortController().signal;
const VOICES: ListVoicesResponse__Output = {
  voices: [
    voice('joe', 'en-US', ['alloy']),
    voice('af_nova', 'en-US', ['nova', 'ruth']),
    voice('ef_dora', 'es', ['lucia']),
  ],
  defaultVoice: 'joe',
};

function voice(name: string, language: string, aliases: string[]) {
  return { name, language, aliases, engine: 'local:test', licence: 'CC0-1.0', gender: '', installedAt: 0 };
}

function serviceOver(voices: () => Promise<ListVoicesResponse__Output>) {
  const asked = jest.fn(voices);
  return { asked, service: new VoicesService({ voices: asked } as unknown as SpeechSynthesisClient) };
}

it.each(['nobody', 'constructor', '__proto__', 'toString'])(
  'the voice %s, which tts does not have, is refused with the names of the default language; tts is asked once',
  async (name) => {
    const { asked, service } = serviceOver(() => Promise.resolve(VOICES));
    await expect(service.require(name, SIGNAL)).rejects.toMatchObject({
      code: 'voice.not_found',
      message: expect.stringMatching(/Voices of en-US: joe, af_nova\. GET \/v1\/audio\/voices/),
    });
    await expect(service.require('Joe', SIGNAL)).resolves.toBeUndefined();
    expect(asked).toHaveBeenCalledTimes(1);
  },
);

it('a voice passes by its name and by each of its aliases, in small letters and capitals', async () => {
  const { service } = serviceOver(() => Promise.resolve(VOICES));
  for (const name of ['', 'alloy', 'Nova', 'Ruth', 'EF_DORA'])
    await expect(service.require(name, SIGNAL)).resolves.toBeUndefined();
});

it('every voice passes while tts is away', async () => {
  const { service } = serviceOver(() => Promise.reject(new Error('away')));
  for (const name of ['', 'alloy', 'nobody'])
    await expect(service.require(name, SIGNAL)).resolves.toBeUndefined();
});
