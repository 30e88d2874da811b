import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EndpointingConfig } from '@parlance/contracts/proto/parlance/voice/v1/EndpointingConfig';
import { InferenceProcess, type SpeechStream } from '../support/inference-process.js';
import { modelFile } from '../support/models.js';
import { noisePcm, speechPcm } from '../support/speech-samples.js';
import { coughs } from '../support/sounds.js';
import { until } from '../support/until.js';

const BYTES_PER_MS = 32;
/** "The baker opens his shop before the sun comes up." Its speech ends, and is cut behind "before the", ms. */
const SENTENCE = 'en-01';
const SPEECH_MS = 3100;
const MIDDLE_MS = 2200;

/** Room tone. */
const room = (ms: number): Buffer => noisePcm(ms / 1000, 0.001);

function open(inference: InferenceProcess, endpointing: EndpointingConfig): SpeechStream {
  return inference.openStream().configure({
    recognition: {
      audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 },
      language: 'en',
    },
    mode: 'STREAMING_MODE_LIVE',
    endpointing,
  });
}

const kindsOf = (stream: SpeechStream): string[] =>
  stream.endpoints.map(({ kind }) => kind.replace('ENDPOINT_KIND_', ''));

describe('inference, end of turn', () => {
  let inference: InferenceProcess;
  beforeAll(async () => (inference = await InferenceProcess.start()), 120_000);
  afterAll(() => inference.stop());

  it('ends a finished sentence by the silence of less than a second, and says how sure it was', async () => {
    const stream = open(inference, { eagerness: 'EAGERNESS_MEDIUM' });
    await stream.send(speechPcm(SENTENCE).subarray(0, SPEECH_MS * BYTES_PER_MS), 3200, 100);
    await stream.send(room(800), 3200, 100);
    await until(() => stream.endpoints.some(({ kind }) => kind === 'ENDPOINT_KIND_UTTERANCE_END'), 20_000);
    const end = stream.endpoints.at(-1);
    expect(end?.endOfTurnProbability).toBeGreaterThan(0.5);
    stream.call.cancel();
  });

  it('keeps a sentence together over a pause of 1.5 s in its middle', async () => {
    const stream = open(inference, { eagerness: 'EAGERNESS_MEDIUM' });
    const speech = speechPcm(SENTENCE);
    const middle = MIDDLE_MS * BYTES_PER_MS;
    await stream.send(Buffer.concat([speech.subarray(0, middle), room(1500)]), 3200, 50);
    await stream.send(Buffer.concat([speech.subarray(middle), room(500)]), 3200, 50);
    expect((await stream.end()).status).toBe(0);
    expect(kindsOf(stream)).toEqual(['SPEECH_STARTED', 'UTTERANCE_END']);
    expect(stream.text.toLowerCase()).toContain('baker');
  });

  it('cuts the same sentence at that pause where a fixed silence is asked for', async () => {
    const stream = open(inference, { silenceMs: 500 });
    const speech = speechPcm(SENTENCE);
    const middle = MIDDLE_MS * BYTES_PER_MS;
    await stream.send(Buffer.concat([speech.subarray(0, middle), room(1500), speech.subarray(middle)]));
    expect((await stream.end()).status).toBe(0);
    expect(stream.finals.length).toBe(2);
    expect(stream.endpoints.at(-1)?.endOfTurnProbability).toBeUndefined();
  });

  it('refuses eagerness beside a fixed silence by its name', async () => {
    const stream = open(inference, { eagerness: 'EAGERNESS_LOW', silenceMs: 500 });
    const end = await stream.end();
    expect(end.code).toBe('request.invalid');
    expect(end.details).toContain('eagerness');
  });

  it('confirms speech within a second of its start, and confirms no cough', async () => {
    const stream = open(inference, { confirmSpeech: true });
    await stream.send(Buffer.concat([room(500), speechPcm(SENTENCE), room(800)]));
    await stream.end();
    const [possible, started, confirmed] = stream.endpoints;
    expect(kindsOf(stream).slice(0, 3)).toEqual(['SPEECH_POSSIBLE', 'SPEECH_STARTED', 'SPEECH_CONFIRMED']);
    expect(possible!.atMs - started!.atMs).toBeLessThanOrEqual(64);
    expect(confirmed!.atMs - started!.atMs).toBeLessThanOrEqual(1000);
    expect(confirmed).toMatchObject({ utteranceId: started!.utteranceId });
    expect(confirmed!.voicedMs).toBeGreaterThanOrEqual(384);

    const coughing = open(inference, { confirmSpeech: true });
    const samples = Int16Array.from(coughs(5), (value) => Math.round(value * 32767));
    await coughing.send(Buffer.from(samples.buffer));
    await coughing.end();
    expect(kindsOf(coughing)).not.toContain('SPEECH_CONFIRMED');
  });
});

describe('inference without the end-of-turn model', () => {
  let inference: InferenceProcess;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'models-'));
    await symlink(resolve(dirname(modelFile('silero-vad', 'silero_vad.onnx'))), join(folder, 'silero-vad'));
    inference = await InferenceProcess.start({ PARLANCE_MODELS: folder });
  }, 120_000);
  afterAll(async () => {
    await inference.stop();
    await rm(folder, { recursive: true });
  });

  it('starts, says so in its log, and ends by a fixed silence', async () => {
    const lines = inference.service.log.map(({ msg }) => msg);
    expect(lines).toContainEqual(expect.stringContaining('parlance models download smart-turn-v3'));
    const stream = open(inference, { eagerness: 'EAGERNESS_MEDIUM' });
    const speech = speechPcm(SENTENCE);
    await stream.send(Buffer.concat([speech.subarray(0, MIDDLE_MS * BYTES_PER_MS), room(1000)]));
    expect((await stream.end()).status).toBe(0);
    expect(kindsOf(stream)).toEqual(['SPEECH_STARTED', 'UTTERANCE_END']);
    expect(stream.endpoints.at(-1)?.endOfTurnProbability).toBeUndefined();
  });
});
