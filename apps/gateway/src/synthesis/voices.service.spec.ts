import { expect, it, jest } from '@jest/globals';
import type { SpeechSynthesisClient } from './synthesis.client.js';
import { VoicesService } from './voices.service.js';

const SIGNAL = new AbortController().signal;

function serviceOver(voices: () => Promise<string[]>) {
  const asked = jest.fn(voices);
  return { asked, service: new VoicesService({ voices: asked } as unknown as SpeechSynthesisClient) };
}

it('a voice that tts does not have is voice.not_found; tts is asked once', async () => {
  const { asked, service } = serviceOver(() => Promise.resolve(['en-GB', 'Joanna']));
  await expect(service.require('nobody', SIGNAL)).rejects.toMatchObject({ code: 'voice.not_found' });
  await expect(service.require('joanna', SIGNAL)).resolves.toBeUndefined();
  expect(asked).toHaveBeenCalledTimes(1);
});

it("the default, OpenAI's voices, and any voice while tts is away pass", async () => {
  const { service } = serviceOver(() => Promise.reject(new Error('away')));
  for (const voice of ['', 'alloy', 'Joanna'])
    await expect(service.require(voice, SIGNAL)).resolves.toBeUndefined();
});
