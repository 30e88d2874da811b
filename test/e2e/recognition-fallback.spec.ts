import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { wavHeader } from '@parlance/audio';
import type { LearnEvent } from '@parlance/contracts';
import { ConverseClient } from '../support/converse-client.js';
import { InferenceProcess } from '../support/inference-process.js';
import { JsonSocket } from '../support/json-socket.js';
import { Platform } from '../support/platform.js';
import { RecognizerServer } from '../support/recognizers.js';
import { READ_SPEECH, speechFile, speechPcm, wordsOf } from '../support/speech-samples.js';
import { startTurn } from '../support/turn-client.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

const PAUSE = Buffer.alloc(32_000);

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
    huggingFace.usual = { json: { text: 'A letter.' } };
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

  describe('and a live conversation', () => {
    const FELL_BACK = {
      ...{ stage: 'recognition', from: 'inference', to: 'remote' },
      reason: expect.stringMatching(/^(upstream\.unavailable|inference\.)/),
    };
    const SPEECH = Buffer.concat([speechPcm(READ_SPEECH.letter), Buffer.alloc(48_000)]);
    const RAW = { encoding: 'linear16', sampleRate: 16_000, channels: 1 };

    it('over /voice is recognised by the remote recogniser, utterance by utterance; in the browser where nobody recognises', async () => {
      const client = await VoiceClient.connectAs('ada', platform.gateway.url);
      await client.join({ settings: { ttsEnabled: false, language: 'en' } });
      const record = async () => {
        expect(await client.ask('voice:start-recording', { metadata: RAW })).toMatchObject({
          recognizer: 'server',
        });
        await client.speak(SPEECH, 0, 8);
        return client.ask('voice:stop-recording');
      };
      expect(await record()).toMatchObject({ ok: true });
      const reply = await until(() => client.parts('reply')[0], 30_000);
      expect(reply.metadata).toMatchObject({
        transcript: { text: 'I have written a letter.', language: 'en' },
        degraded: [FELL_BACK],
      });
      expect(client.of('voice:use-browser-stt')).toEqual([]);
      openAi.usual = { status: 503 };
      huggingFace.usual = { status: 503 };
      await record();
      const { errors } = await client.next('voice:use-browser-stt');
      expect(errors).toMatchObject([{ code: 'recognition.unavailable', retryable: true }]);
      expect(client.misfits).toEqual([]);
      client.close();
    });

    it('over /v1/learn goes on, and its turns tell what fell back', async () => {
      const client = await JsonSocket.openAs<LearnEvent>('ana', platform.gateway.url, '/v1/learn');
      client.send({ type: 'start_session', user_external_id: 'u', target_language: 'en' });
      await client.next('session_started');
      await client.speak(SPEECH, 4);
      const { text } = await client.next('transcription');
      expect(text).toBe('I have written a letter.');
      // Nobody speaks here, so that the turn is never complete; its feedback comes.
      const { turn_id } = await client.next('feedback');
      client.socket.terminate();
      const turn = await (await platform.gateway.fetch(`/api/v1/turns/${turn_id}`)).json();
      expect(turn).toMatchObject({ degraded: [FELL_BACK], scores: null });
    });

    it('over gRPC has finals without measures, and a reply that tells what fell back', async () => {
      const api = new ConverseClient(platform.gateway.grpcAddress);
      const stream = api.open().configure({ reply: { textOnly: true } });
      await stream.next('started');
      await stream.speak(SPEECH);
      expect(await stream.end()).toMatchObject({ status: 0 });
      expect(stream.of('result')).toMatchObject([
        { isFinal: true, text: 'I have written a letter.', measures: null },
      ]);
      expect(stream.of('replied')).toMatchObject([{ degraded: [FELL_BACK] }]);
      api.close();
    });
  });
});

describe('a recording whose pod is killed in the middle', () => {
  let pods: InferenceProcess[];
  let platform: Platform;
  beforeAll(async () => {
    pods = await Promise.all([InferenceProcess.start(), InferenceProcess.start()]);
    const addresses = pods.map(({ address }) => address).join(',');
    platform = await Platform.start({ services: [], gateway: { PARLANCE_INFERENCE_ADDRESSES: addresses } });
  });
  afterAll(async () => {
    await platform?.stop();
    await Promise.all(pods.map((pod) => pod.stop()));
  });

  it('is recognised whole by another pod, as if nothing had happened', async () => {
    // Each has the word once.
    const both = [speechPcm(READ_SPEECH.letter), PAUSE, speechPcm(READ_SPEECH.gothic), PAUSE];
    const times = 4;
    const pcm = Buffer.concat(Array.from({ length: times }, () => both).flat());
    const form = new FormData();
    const wav = new Uint8Array(Buffer.concat([wavHeader(16_000, 1, pcm.length), pcm]));
    form.set('file', new Blob([wav]), 'speech.wav');
    form.set('model', 'whisper-1');
    const answering = platform.gateway.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
    const busy = await until(async () => {
      const open = await Promise.all(
        pods.map((pod) => pod.metric('parlance_inference_active_streams{kind="recording"}')),
      );
      return pods.find((_, index) => open[index]! > 0);
    });
    await busy.service.end('SIGKILL');
    const answer = await answering;
    expect([answer.status, answer.headers.get('x-degraded')]).toEqual([200, null]);
    const { text } = (await answer.json()) as { text: string };
    expect(wordsOf(text).filter((word) => word === 'letter')).toHaveLength(2 * times);
  });
});
