import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Platform } from '../support/platform.js';
import { RecognizerServer } from '../support/recognizers.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';
import { startTurn } from '../support/turn-client.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('a turn while inference is away', () => {
  let platform: Platform;
  let openAi: RecognizerServer;
  let huggingFace: RecognizerServer;
  beforeAll(async () => {
    [openAi, huggingFace] = await Promise.all([RecognizerServer.start(), RecognizerServer.start()]);
    platform = await Platform.start({
      services: ['conversation'],
      gateway: {
        PARLANCE_REMOTE_RECOGNIZER_URL: openAi.openAiUrl,
        PARLANCE_REMOTE_RECOGNIZER_KEY: 'sk-secret-of-the-test',
        PARLANCE_HF_RECOGNIZER_URL: huggingFace.huggingFaceUrl,
        PARLANCE_HF_RECOGNIZER_MODEL: 'openai/whisper-large-v3',
      },
    });
  });
  afterEach(() => {
    openAi.usual = { json: { text: 'I have written a letter.', language: 'english' } };
  });
  afterAll(async () => {
    await platform?.stop();
    await Promise.all([openAi.stop(), huggingFace.stop()]);
  });

  it('is recognised by the remote recogniser and answered; it tells what fell back, and has no measures', async () => {
    openAi.usual = { json: { text: 'I have written a letter.', language: 'english' } };
    const { status, turn } = await startTurn(platform.gateway, READ_SPEECH.letter, { speak: 'false' });
    expect(status).toBe(200);
    expect(turn).toMatchObject({
      ...{ status: 'complete', text: 'I have written a letter.', language: 'en' },
      ...{ words: [], measures: null, scores: null },
      degraded: [{ stage: 'recognition', from: 'inference', to: 'remote', reason: 'upstream.unavailable' }],
      reply: { model: 'builtin-coach' },
    });
    const metric = 'parlance_fallbacks_total{stage="recognition",from="inference",to="remote"}';
    expect(await platform.gateway.metric(metric)).toBe(1);
  });

  it('of OpenAI’s route falls back too, where its options allow it', async () => {
    const ask = (fields: Readonly<Record<string, string>>) => {
      const form = new FormData();
      form.set('file', new Blob([readFileSync(speechFile(READ_SPEECH.letter))]), 'speech.opus');
      for (const [name, value] of Object.entries({ model: 'whisper-1', ...fields })) form.set(name, value);
      return platform.gateway.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
    };
    const answer = await ask({});
    expect(await answer.json()).toMatchObject({ text: 'I have written a letter.' });
    expect(answer.headers.get('x-degraded')).toBe('inference > remote (upstream.unavailable)');
    const refused = await ask({ beam_size: '5' });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: 'recognition.unavailable' } });
  });

  it("is Hugging Face's where the remote recogniser refuses, and fails by code where nobody answers", async () => {
    openAi.usual = { status: 429, retryAfterSeconds: 11 };
    huggingFace.usual = { json: { text: 'A letter.' } };
    const { turn } = await startTurn(platform.gateway, READ_SPEECH.letter, { speak: 'false' });
    expect(turn).toMatchObject({ text: 'A letter.', status: 'complete' });
    huggingFace.usual = { status: 503 };
    const refused = await startTurn(platform.gateway, READ_SPEECH.letter, { speak: 'false' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('11');
    expect(refused.turn).toMatchObject({ error: { code: 'recognition.unavailable', retryable: true } });
    const log = platform.logOf('gateway').map((line) => JSON.stringify(line));
    expect(log.some((line) => line.includes('sk-secret-of-the-test'))).toBe(false);
  });
});
