import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamingConfig } from '@parlance/contracts';
import { GRAPH_VERSION, readManifest } from '@parlance/model-compiler';
import { copyCompiled } from '../support/broken-models.js';
import { ask, InferenceProcess } from '../support/inference-process.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const LIVE: StreamingConfig = {
  recognition: { audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } },
  mode: 'STREAMING_MODE_LIVE',
};

const DRAIN_MS = 1_000;
/** To close connections, and for a busy machine. */
const LEAVE_MS = 4_000;

describe('inference, life of the process', () => {
  let listener: Server;
  let taken: number;
  beforeAll(async () => {
    listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    taken = (listener.address() as AddressInfo).port;
  });
  afterAll(() => void listener.close());

  it('drains: turns new streams away, lets the running utterance end, exits 0', async () => {
    const inference = await InferenceProcess.start();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const metadata = new Metadata();
    metadata.set('traceparent', `00-${traceId}-b7ad6b7169203331-01`);
    metadata.set('parlance-tenant', 'acme');
    const speaking = inference.openStream(metadata).configure(LIVE);
    const quiet = inference.openStream().configure(LIVE);
    const speech = speechPcm(READ_SPEECH.letter);
    await speaking.send(speech.subarray(0, 80_000));
    await until(() => speaking.endpoints.length > 0 && quiet.events.length > 0, 30_000);

    const exit = inference.service.end('SIGTERM');
    expect(await quiet.ended).toMatchObject({ status: status.UNAVAILABLE, code: 'service.draining' });
    expect((await fetch(`${inference.service.opsUrl}/readyz`)).status).toBe(503);
    const refused = await inference.openStream().configure(LIVE).ended;
    expect(refused.status).toBe(status.UNAVAILABLE);

    await speaking.send(Buffer.concat([speech.subarray(80_000), Buffer.alloc(32_000)]));
    expect(await speaking.ended).toMatchObject({ code: 'service.draining' });
    expect(wordsOf(speaking.text)).toEqual(expect.arrayContaining(['importance', 'form']));
    expect(await exit).toBe(0);
    expect(inference.service.log.find((line) => line.trace_id === traceId)).toMatchObject({ tenant: 'acme' });
    await inference.stop();
  }, 120_000);

  it('ends by a code what outlasts its limit, and exits 0', async () => {
    const inference = await InferenceProcess.start({ PARLANCE_DRAIN_MS: String(DRAIN_MS) });
    const speech = speechPcm(READ_SPEECH.letter);
    const speaking = inference.openStream().configure(LIVE);
    const recording = inference.openStream().configure({ ...LIVE, mode: 'STREAMING_MODE_RECORDING' });
    const whole = ask(inference.speech.recognize.bind(inference.speech), {
      config: LIVE.recognition,
      audio: Buffer.concat(Array<Buffer>(200).fill(speech)),
    }).catch((end: unknown) => end);
    await speaking.send(speech.subarray(0, 80_000));
    await recording.send(speech);
    await until(() => speaking.endpoints.length > 0 && recording.events.length > 0, 30_000);
    // A person who does not stop.
    let isOver = false;
    const calls = Promise.all([speaking.ended, recording.ended, whole]).finally(() => (isOver = true));
    const goOn = (async () => {
      while (!isOver) await speaking.send(speech.subarray(16_000, 80_000), 3_200, 20);
    })();
    const begun = Date.now();
    expect(await inference.service.end('SIGTERM')).toBe(0);
    expect(Date.now() - begun).toBeLessThan(DRAIN_MS + LEAVE_MS);
    for (const end of await calls)
      expect(end).toMatchObject({ status: status.UNAVAILABLE, code: 'service.draining' });
    await goOn;
    await inference.stop();
  }, 120_000);

  it('is killed: its clients learn that they may try again', async () => {
    const inference = await InferenceProcess.start();
    const stream = inference.openStream().configure(LIVE);
    await stream.send(speechPcm(READ_SPEECH.letter).subarray(0, 64_000));
    await until(() => stream.endpoints.length > 0, 30_000);
    await inference.service.end('SIGKILL');
    expect((await stream.ended).status).toBe(status.UNAVAILABLE);
    await inference.stop();
  }, 120_000);

  it.each([
    [
      'a busy port',
      () => ({ PARLANCE_GRPC_PORT: String(taken) }),
      /inference: 127\.0\.0\.1:\d+ is taken by another process[^\n]*$/m,
    ],
    [
      'a missing model',
      () => ({ PARLANCE_DEFAULT_MODEL: 'whisper-huge' }),
      /inference: whisper-huge: [^\n]+$/m,
    ],
  ])(
    'does not start with %s: one clear line',
    async (_, environment, line) => {
      const start = InferenceProcess.start(environment());
      await expect(start).rejects.toThrow(line);
      await expect(start).rejects.toThrow(/ended with 1/);
      await expect(start).rejects.not.toThrow(/\n\s+at /);
    },
    60_000,
  );

  it('builds a model that was compiled for another version anew from its checkpoint, and says so', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'parlance-cache-'));
    const model = join(cache, MODEL_ENVIRONMENT.PARLANCE_DEFAULT_MODEL);
    copyCompiled(
      join(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE, MODEL_ENVIRONMENT.PARLANCE_DEFAULT_MODEL),
      model,
    );
    const manifest = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8')) as object;
    await writeFile(join(model, 'manifest.json'), JSON.stringify({ ...manifest, graphVersion: '1' }));
    // Graphs of another version cannot be counted on.
    await writeFile(join(model, 'prefill.int8.onnx'), 'of another version');
    try {
      const nowhere = InferenceProcess.start({ PARLANCE_MODEL_CACHE: cache, PARLANCE_MODELS: 'no-models' });
      await expect(nowhere).rejects.toThrow(/run: parlance models build whisper-tiny\.en$/m);
      const inference = await InferenceProcess.start({ PARLANCE_MODEL_CACHE: cache });
      expect(await readManifest(model)).toMatchObject({ graphVersion: GRAPH_VERSION });
      expect(inference.service.log).toContainEqual(
        expect.objectContaining({ model: 'whisper-tiny.en', graphVersion: '1', msg: expect.any(String) }),
      );
      const stream = inference.openStream().configure(LIVE);
      await stream.send(speechPcm(READ_SPEECH.letter));
      expect((await stream.end()).status).toBe(0);
      expect(wordsOf(stream.text)).toContain('letter');
      await inference.stop();
    } finally {
      await rm(cache, { recursive: true });
    }
  }, 180_000);

  it('does not start with a configuration that cannot be, and lists every fault', async () => {
    const start = InferenceProcess.start({ PARLANCE_WORKERS: 'many', PARLANCE_PRECISION: 'f8' });
    await expect(start).rejects.toThrow(/ended with 2/);
    for (const fault of ['PARLANCE_WORKERS: ', 'PARLANCE_PRECISION: '])
      await expect(start).rejects.toThrow(fault);
  }, 60_000);
});
