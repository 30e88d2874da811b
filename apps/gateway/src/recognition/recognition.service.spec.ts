import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, type ErrorCode } from '@parlance/errors';
import { metricsRegistry, type Logger } from '@parlance/telemetry';
import { RecognizerServer } from '../../../../test/support/recognizers.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { gatewaySchema } from '../gateway.config.js';
import type { PodRecognizer } from './pod-recognizer.client.js';
import { RecognitionService, type ChainRequest } from './recognition.service.js';
import type { Transcript } from './transcript.js';

const SECOND = Buffer.alloc(32_000, 1);
const TRANSCRIPT: Transcript = {
  ...{ text: 'From a pod.', language: 'en', audioMs: 2_000, model: 'whisper-base' },
  ...{ segments: [], words: [], measures: undefined, scores: undefined },
};

type PodBehaviour = ErrorCode | 'hang' | 'answers' | 'text, then inference.interrupted';

describe('the recognition of a recording', () => {
  let openAi: RecognizerServer;
  let huggingFace: RecognizerServer;
  beforeAll(async () => {
    [openAi, huggingFace] = await Promise.all([RecognizerServer.start(), RecognizerServer.start()]);
  });
  afterEach(() => {
    for (const server of [openAi, huggingFace]) {
      server.requests.length = 0;
      server.next.length = 0;
      server.usual = { json: { text: 'From far away.' } };
    }
  });
  afterAll(() => Promise.all([openAi.stop(), huggingFace.stop()]));

  /** A chain whose pods behave as told, one word a call; the last one repeats. */
  function chain(pods: readonly PodBehaviour[], environment: Readonly<Record<string, string>> = {}) {
    const read: number[] = [];
    const pod = {
      name: 'inference',
      canHonour: () => true,
      transcribe: async ({ pcm, signal, onText }: ChainRequest) => {
        const behaviour = pods[Math.min(read.length, pods.length - 1)]!;
        let bytes = 0;
        for await (const chunk of pcm) bytes += chunk.length;
        read.push(bytes);
        if (behaviour === 'answers') return TRANSCRIPT;
        if (behaviour === 'hang')
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        if (behaviour === 'text, then inference.interrupted') onText?.('From');
        const code = behaviour.split(' ').at(-1) as ErrorCode;
        throw new AppError(code, 'Not just now.');
      },
    };
    const config = gatewaySchema.parse({
      PARLANCE_REMOTE_RECOGNIZER_URL: openAi.openAiUrl,
      PARLANCE_REMOTE_RECOGNIZER_KEY: 'sk-test',
      PARLANCE_REMOTE_RECOGNIZER_MODEL: 'whisper-large',
      PARLANCE_HF_RECOGNIZER_URL: huggingFace.huggingFaceUrl,
      PARLANCE_HF_RECOGNIZER_MODEL: 'openai/whisper-large-v3',
      HF_TOKEN: 'hf_test',
      ...environment,
    });
    const service = new RecognitionService(pod as unknown as PodRecognizer, config, silentLogger as Logger);
    return { read, service };
  }

  const request = (more: Partial<ChainRequest> = {}): ChainRequest => ({
    pcm: (async function* () {
      yield SECOND;
      yield SECOND;
    })(),
    options: { task: 'TASK_TRANSCRIBE', language: 'en', wordTimestamps: true },
    identity: { tenant: 'acme' },
    signal: new AbortController().signal,
    ...more,
  });

  it('is a pod’s where one answers', async () => {
    const { service } = chain(['answers']);
    expect(await service.transcribe(request())).toEqual({ ...TRANSCRIPT, degraded: [] });
    expect(openAi.requests).toHaveLength(0);
  });

  it('is another pod’s where the first one broke off, from the same audio', async () => {
    const { service, read } = chain(['inference.interrupted', 'answers']);
    expect(await service.transcribe(request())).toMatchObject({ text: 'From a pod.', degraded: [] });
    expect(read).toEqual([64_000, 64_000]);
  });

  it('is the OpenAI-compatible recogniser’s where the pods are away, and says so', async () => {
    const { service } = chain(['upstream.unavailable']);
    openAi.next.push({
      json: {
        text: ' Hello there. ',
        language: 'english',
        words: [{ word: 'Hello', start: 0.1, end: 0.5 }],
        segments: [{ start: 0, end: 1, text: ' Hello there.', avg_logprob: -0.1 }],
      },
    });
    const transcript = await service.transcribe(request());
    expect(transcript).toMatchObject({ text: 'Hello there.', language: 'en', model: 'whisper-large' });
    expect(transcript.words).toEqual([
      { text: 'Hello', startMs: 100, endMs: 500, confidence: Math.exp(-0.1) },
    ]);
    expect(transcript.degraded).toEqual([
      { stage: 'recognition', from: 'inference', to: 'remote', reason: 'upstream.unavailable' },
    ]);
    const [asked] = openAi.requests;
    expect(asked).toMatchObject({
      path: '/v1/audio/transcriptions',
      authorization: 'Bearer sk-test',
      fields: { model: 'whisper-large', language: 'en', response_format: 'verbose_json' },
    });
    expect(asked?.recording.toString('latin1', 0, 4)).toBe('RIFF');
    expect(asked?.recording.length).toBe(64_044);
    const counted = await metricsRegistry.getSingleMetricAsString('parlance_fallbacks_total');
    expect(counted).toMatch(/stage="recognition",from="inference",to="remote"\} \d/);
  });

  it('is the remote recogniser’s where the pods are full', async () => {
    const { service } = chain(['inference.overloaded']);
    await expect(service.transcribe(request())).resolves.toMatchObject({ text: 'From far away.', words: [] });
  });

  it('goes on to Hugging Face at once where the remote one answers 429', async () => {
    const { service } = chain(['upstream.unavailable']);
    openAi.usual = { status: 429, retryAfterSeconds: 17 };
    const transcript = await service.transcribe(request());
    expect(transcript.degraded.map(({ from, to, reason }) => [from, to, reason])).toEqual([
      ['inference', 'remote', 'upstream.unavailable'],
      ['remote', 'hugging-face', 'quota.exceeded'],
    ]);
    expect(openAi.requests).toHaveLength(1);
    expect(huggingFace.requests[0]).toMatchObject({
      path: '/models/openai/whisper-large-v3',
      authorization: 'Bearer hf_test',
    });
  });

  it('tries a remote recogniser again after a 500, and not after a 400', async () => {
    const { service } = chain(['upstream.unavailable']);
    openAi.next.push({ status: 500 });
    await service.transcribe(request());
    expect(openAi.requests).toHaveLength(2);
    openAi.next.push({ status: 400 });
    await expect(service.transcribe(request())).resolves.toMatchObject({ model: 'openai/whisper-large-v3' });
    expect(openAi.requests).toHaveLength(3);
  });

  it.each<[string, { body: string }]>([
    ['HTML', { body: '<html>busy</html>' }],
    ['half JSON', { body: '{"text": "Hel' }],
    ['nothing', { body: '' }],
    ['another shape', { body: '{"result": 3}' }],
  ])('goes on where the remote recogniser answers %s', async (_name, behaviour) => {
    const { service } = chain(['upstream.unavailable']);
    openAi.usual = behaviour;
    const transcript = await service.transcribe(request());
    expect(transcript.degraded.at(-1)).toMatchObject({ to: 'hugging-face', reason: 'upstream.unavailable' });
  });

  it('waits for a model that Hugging Face is loading, and asks once more', async () => {
    const { service } = chain(['upstream.unavailable'], { PARLANCE_REMOTE_RECOGNIZER_URL: openAi.openAiUrl });
    openAi.usual = { status: 429 };
    const loading = { status: 503, json: { error: 'Model x is currently loading', estimated_time: 0.2 } };
    huggingFace.next.push(loading);
    const begun = Date.now();
    expect((await service.transcribe(request())).text).toBe('From far away.');
    expect(Date.now() - begun).toBeGreaterThanOrEqual(195);
    huggingFace.next.push(loading, loading);
    await expect(service.transcribe(request())).rejects.toMatchObject({ code: 'recognition.unavailable' });
    expect(huggingFace.requests).toHaveLength(4);
  });

  it('does not wait for a model that takes longer than the limit', async () => {
    const { service } = chain(['upstream.unavailable'], { PARLANCE_HF_RECOGNIZER_LIMIT_MS: '10000' });
    openAi.usual = { status: 429 };
    huggingFace.usual = { status: 503, json: { error: 'Model x is currently loading', estimated_time: 20 } };
    const begun = Date.now();
    await expect(service.transcribe(request())).rejects.toMatchObject({ code: 'recognition.unavailable' });
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('leaves a remote recogniser that hangs at its limit', async () => {
    const { service } = chain(['upstream.unavailable'], { PARLANCE_REMOTE_RECOGNIZER_LIMIT_MS: '150' });
    openAi.usual = 'hang';
    const transcript = await service.transcribe(request());
    expect(transcript.degraded.at(-1)).toMatchObject({ to: 'hugging-face' });
  });

  it('is refused by recognition.unavailable, with the hint of who refused for now, when nobody answers', async () => {
    const { service } = chain(['upstream.unavailable']);
    openAi.usual = { status: 429, retryAfterSeconds: 17 };
    huggingFace.usual = { status: 500 };
    await expect(service.transcribe(request())).rejects.toMatchObject({
      code: 'recognition.unavailable',
      retryable: true,
      retryAfterSeconds: 17,
    });
  });

  it('tells that the pods are busy, where they are and nobody else answers', async () => {
    const { service } = chain(['inference.overloaded']);
    openAi.usual = huggingFace.usual = { status: 400 };
    await expect(service.transcribe(request())).rejects.toMatchObject({ code: 'inference.overloaded' });
  });

  it('leaves pods that hang at their share of the limit', async () => {
    const { service } = chain(['hang']);
    const pcm = (async function* () {
      yield SECOND.subarray(0, 3_200);
    })();
    const transcript = await service.transcribe(request({ pcm, limitMs: 300 }));
    expect(transcript.degraded[0]).toMatchObject({ to: 'remote', reason: 'request.deadline_exceeded' });
  });

  it.each<[string, PodBehaviour, Partial<ChainRequest>, ErrorCode]>([
    ['what the client asked for cannot be had', 'model.not_found', {}, 'model.not_found'],
    [
      'text has gone to the client',
      'text, then inference.interrupted',
      { onText: () => undefined },
      'inference.interrupted',
    ],
    [
      'an option is asked for that no remote recogniser has',
      'upstream.unavailable',
      { options: { task: 'TASK_TRANSLATE' } },
      'recognition.unavailable',
    ],
    [
      'a model is asked for by name',
      'upstream.unavailable',
      { options: { model: 'whisper-tiny' } },
      'recognition.unavailable',
    ],
  ])('asks nobody else where %s', async (_name, pods, more, code) => {
    const { service } = chain([pods]);
    await expect(service.transcribe(request(more))).rejects.toMatchObject({ code });
    expect(openAi.requests.length + huggingFace.requests.length).toBe(0);
  });

  it('asks nobody else where the audio itself is at fault', async () => {
    const { service } = chain(['upstream.unavailable']);
    const pcm = (async function* () {
      yield SECOND;
      throw new AppError('audio.too_long', 'A turn may last 600 seconds.');
    })();
    await expect(service.transcribe(request({ pcm }))).rejects.toMatchObject({ code: 'audio.too_long' });
    expect(openAi.requests).toHaveLength(0);
  });

  it('leaves a remote recogniser alone for a while once half of its calls have failed', async () => {
    const { service } = chain(['upstream.unavailable'], {
      PARLANCE_BREAKER_MIN_CALLS: '4',
      PARLANCE_BREAKER_HALF_OPEN_MS: '300',
    });
    openAi.usual = { status: 500 };
    for (let round = 0; round < 3; round += 1) await service.transcribe(request());
    const asked = openAi.requests.length;
    expect(asked).toBe(4);
    openAi.usual = { json: { text: 'Back again.' } };
    await service.transcribe(request());
    expect(openAi.requests).toHaveLength(asked);
    await new Promise((resolve) => setTimeout(resolve, 310));
    await expect(service.transcribe(request())).resolves.toMatchObject({ text: 'Back again.' });
  });
});
