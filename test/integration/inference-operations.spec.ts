/** What an operator sees of the inference service: where time goes, what is in memory, where models run. */
import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecognizeResponse__Output } from '@parlance/contracts';
import { ask, InferenceProcess } from '../support/inference-process.js';
import { MODEL_ENVIRONMENT, modelFile } from '../support/models.js';
import { SpanCollector } from '../support/span-collector.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const MEBIBYTE = 1024 ** 2;
const AUDIO = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };

describe('inference, operations', () => {
  let inference: InferenceProcess;
  let collector: SpanCollector;
  let models: string;
  beforeAll(async () => {
    collector = await SpanCollector.start();
    models = await mkdtemp(join(tmpdir(), 'parlance-models-'));
    await mkdir(join(models, 'broken'));
    await writeFile(join(models, 'broken/broken.onnx'), 'this is no model');
    await mkdir(join(models, 'detector'));
    await copyFile(modelFile('silero-vad', 'silero_vad.onnx'), join(models, 'detector/detector.onnx'));
    await mkdir(join(models, 'huge'));
    await writeFile(join(models, 'huge/huge.onnx'), '');
    await truncate(join(models, 'huge/huge.onnx'), 1000 * MEBIBYTE);
    inference = await InferenceProcess.start({
      PARLANCE_MODELS: `${models},${MODEL_ENVIRONMENT.PARLANCE_MODELS}`,
      // Nowhere but on a machine with CUDA's libraries is it more than asked for.
      PARLANCE_EXECUTION_PROVIDER: 'cuda',
      PARLANCE_MODEL_MEMORY_MIB: '2000',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    });
  }, 120_000);
  afterAll(async () => {
    await inference.stop();
    await collector.stop();
    await rm(models, { recursive: true });
  });

  const recognize = (): Promise<RecognizeResponse__Output> =>
    ask(inference.speech.recognize.bind(inference.speech) as never, {
      config: { audio: AUDIO },
      audio: speechPcm(READ_SPEECH.letter),
    });
  const load = (modelName: string): Promise<object> =>
    ask(inference.models.repositoryModelLoad.bind(inference.models) as never, { modelName });

  it('says by metric, one warning, condition and metadata that CUDA cannot be had, and works on the CPU', async () => {
    expect(wordsOf((await recognize()).text)).toContain('importance');
    const labels = 'model="whisper-tiny.en",provider="cpu",requested="cuda"';
    expect(await inference.metric(`parlance_inference_provider{${labels}}`)).toBe(1);
    expect(inference.service.log.filter(({ msg }) => msg.includes('CUDA'))).toMatchObject([
      { level: 'warn', provider: 'cpu', requested: 'cuda' },
    ]);
    const probe = await fetch(`${inference.service.opsUrl}/readyz`);
    expect([probe.status, await probe.json()]).toMatchObject([
      200,
      { status: 'ready', parts: { models: true, provider: expect.stringContaining('cuda') } },
    ]);
    const { models: client } = inference;
    expect(await ask(client.serverMetadata.bind(client) as never, {})).toMatchObject({
      extensions: expect.arrayContaining([
        'model_repository',
        'execution_provider_cuda',
        'execution_provider_fallback_cpu',
      ]),
    });
    expect(await ask(client.modelMetadata.bind(client) as never, { name: 'whisper-tiny.en' })).toMatchObject({
      properties: { provider: 'cpu' },
    });
    expect(inference.service.errors).toBe('');
  }, 60_000);

  it('says where the time of a recognition went, by metrics and on its span', async () => {
    await recognize();
    for (const stage of ['queue', 'mel', 'encode', 'prefill', 'decode'])
      expect(
        await inference.metric(`parlance_inference_stage_seconds_count{stage="${stage}"}`),
      ).toBeGreaterThan(0);
    const decoding = await inference.metric('parlance_inference_stage_seconds_sum{stage="decode"}');
    expect(decoding).toBeGreaterThan(0.01);
    expect(await inference.metric('parlance_inference_batch_rows_count')).toBeGreaterThan(0);
    expect(await inference.metric('parlance_recognition_rtf_count{kind="recording"}')).toBeGreaterThan(0);
    const eventsOf = () =>
      collector.spans.filter(({ name }) => name === 'speech.recognize').flatMap(({ events }) => events);
    await until(() => eventsOf().length > 0, 10_000);
    const window = eventsOf().find(({ attributes }) => attributes['parlance.operation'] === 'window');
    expect(window?.name).toBe('inference.stages');
    expect(Number(window?.attributes['parlance.stage.decode_ms'])).toBeGreaterThan(0);
    expect(Number(window?.attributes['parlance.stage.encode_ms'])).toBeGreaterThan(0);
  }, 60_000);

  it('keeps account of memory, and refuses a model beyond it and a broken one, each by its code', async () => {
    const loaded = await inference.metric('parlance_inference_models_loaded');
    // Recognition and voice activity; ends of turns where that model is there.
    expect(loaded).toBeGreaterThanOrEqual(2);
    const before = await inference.metric('parlance_inference_models_bytes');
    expect(before / MEBIBYTE).toBeGreaterThan(100);
    await expect(load('huge')).rejects.toMatchObject({ code: 'model.too_large' });
    await expect(load('broken')).rejects.toMatchObject({ code: 'model.invalid' });
    expect(await inference.metric('parlance_inference_models_bytes')).toBe(before);
    await load('detector');
    expect(await inference.metric('parlance_inference_models_loaded')).toBe(loaded + 1);
    expect(wordsOf((await recognize()).text)).toContain('importance');
  }, 60_000);
});
