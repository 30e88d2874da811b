import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Degradation } from '@parlance/contracts';
import { GroqServer } from '../support/groq.js';
import { Platform } from '../support/platform.js';
import { PollyServer } from '../support/polly.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

const MODELS = ['large', 'small', 'own'] as const;
const written = (model: string): string => (model === 'builtin-coach' ? model : `openai-compatible:${model}`);

describe('a conversation whose language models and voices fail one after the other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-voices-'));
  /** espeak-ng, until this file is there. */
  const mute = join(folder, 'mute');
  const espeak = join(folder, 'espeak-ng');
  let groq: GroqServer;
  let polly: PollyServer;
  let platform: Platform;
  let client: VoiceClient;

  beforeAll(async () => {
    writeFileSync(espeak, `#!/bin/sh\n[ ! -e '${mute}' ] || exit 1\nexec espeak-ng "$@"\n`);
    chmodSync(espeak, 0o755);
    [groq, polly] = await Promise.all([GroqServer.start(), PollyServer.start()]);
    platform = await Platform.start({
      services: ['conversation', 'tts'],
      environment: {
        PARLANCE_LLM_BASE_URL: `${groq.url}/v1`,
        PARLANCE_LLM_MODEL: 'large',
        PARLANCE_LLM_SECOND_MODEL: 'small',
        PARLANCE_LLM_FALLBACK_BASE_URL: `${groq.url}/other/v1`,
        PARLANCE_LLM_FALLBACK_MODEL: 'own',
        // Each is asked each time: that one is left alone is another test's (integration/conversation-chain, tts-polly).
        PARLANCE_LLM_BREAKER_MIN_CALLS: '1000',
        PARLANCE_POLLY_BREAKER_MIN_CALLS: '1000',
        PARLANCE_POLLY_ENDPOINT: polly.endpoint,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: PollyServer.accessKeyId,
        AWS_SECRET_ACCESS_KEY: PollyServer.secretAccessKey,
      },
      // Nobody speaks here, but a gateway without any recogniser is not ready.
      gateway: { PARLANCE_REMOTE_RECOGNIZER_URL: 'http://127.0.0.1:9/v1' },
      // No voice but espeak-ng is behind Polly.
      tts: { PARLANCE_MODELS: 'no-models', PARLANCE_ESPEAK: espeak },
    });
    client = await VoiceClient.connectAs('ada', platform.gateway.url);
    await client.join({ settings: { language: 'en' } });
  });
  afterAll(async () => {
    client?.close();
    await platform?.stop();
    await Promise.all([groq?.stop(), polly?.stop()]);
    rmSync(folder, { recursive: true });
  });

  /** Says a text. @returns the reply and its first sentence's speech, as the client gets them */
  async function answered(text: string) {
    const before = client.parts('reply').length;
    await client.ask('voice:text-message', { text });
    const reply = await until(() => client.parts('reply')[before], 60_000);
    const speech = await until(
      () =>
        client
          .parts('speech')
          .find(({ messageId, metadata }) => messageId === reply.messageId && metadata.index === 0),
      60_000,
    );
    return { reply, speech };
  }

  it('is answered by the next model: Groq’s, the second one, the OpenAI-compatible server’s, the built-in coach', async () => {
    for (const [down, model] of [...MODELS, 'builtin-coach'].entries()) {
      for (const name of MODELS.slice(0, down)) groq.downModels.add(name);
      groq.usual = { reply: `This is answer number ${down + 1}.` };
      const { reply, speech } = await answered(`I have ${down + 1} brothers.`);
      expect(reply.metadata.model).toBe(written(model));
      const fallen = (reply.metadata.degraded ?? []) as readonly Degradation[];
      const links = [...MODELS, 'builtin-coach'].slice(0, down + 1).map(written);
      expect(fallen.map(({ stage, from, to }) => [stage, from, to])).toEqual(
        links.slice(1).map((to, index) => ['reply', links[index], to]),
      );
      expect(speech.audio?.contentType).toBe('audio/mpeg');
      expect(speech.metadata.degraded).toBeUndefined();
    }
    groq.downModels.clear();
  });

  it('is spoken by the next voice: Polly’s, the local one; and stands as text where none can', async () => {
    groq.usual = { reply: 'Polly has said this.' };
    const spoken = await answered('Who speaks?');
    expect([spoken.speech.audio !== null, spoken.speech.metadata.degraded]).toEqual([true, undefined]);

    polly.usual = { status: 503 };
    groq.usual = { reply: 'A local voice has said this.' };
    const local = await answered('Who speaks now?');
    expect(local.speech).toMatchObject({
      shouldSpeak: true,
      metadata: { degraded: [{ stage: 'speech', from: 'polly', to: 'local:espeak-ng' }] },
    });
    expect(local.speech.audio!.data.length).toBeGreaterThan(500);

    writeFileSync(mute, '');
    groq.usual = { reply: 'Nobody can say this.' };
    const silent = await answered('And now?');
    expect(silent.speech).toMatchObject({
      text: 'Nobody can say this.',
      shouldSpeak: false,
      audio: null,
      metadata: {
        degraded: [{ stage: 'speech', from: 'polly', to: 'text', reason: 'upstream.unavailable' }],
      },
    });
    expect(silent.reply.text).toBe('Nobody can say this.');

    rmSync(mute);
    polly.usual = 'speak';
    groq.usual = { reply: 'Polly is back.' };
    expect((await answered('And again?')).speech.metadata.degraded).toBeUndefined();
    expect(client.misfits).toEqual([]);
  });
});
