import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AudioFormat, StreamingConfig } from '@parlance/contracts';
import { InferenceProcess, type SpeechStream } from '../support/inference-process.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const PCM: AudioFormat = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };
const LIVE: StreamingConfig = {
  recognition: { audio: PCM },
  mode: 'STREAMING_MODE_LIVE',
  interimResults: true,
};
const HELD = 3;
const CROWD = 200;

/** An utterance ends with so much silence; its audio reaches so far into it, milliseconds. */
const SILENCE_MS = 500;
const POST_ROLL_MS = 160;

const FRAME_MS = 100;

/** Speaks as people do.
 *  @returns milliseconds from when the audio was sent that ends an utterance to its final, of each */
async function finalDelays(stream: SpeechStream, audio: Buffer): Promise<number[]> {
  const sentAt: number[] = [];
  const delays: number[] = [];
  stream.call.on('data', ({ result }: SpeechStream['events'][number]) => {
    if (!result?.isFinal) return;
    const endMs = result.endMs + SILENCE_MS - POST_ROLL_MS;
    delays.push(performance.now() - (sentAt[Math.floor(endMs / FRAME_MS)] ?? performance.now()));
  });
  const bytes = 32 * FRAME_MS;
  for (let at = 0; at < audio.length; at += bytes) {
    await stream.send(audio.subarray(at, at + bytes), bytes, FRAME_MS);
    sentAt.push(performance.now() - FRAME_MS);
  }
  return delays;
}

describe('inference, more streams than it holds', () => {
  let inference: InferenceProcess;
  beforeAll(async () => {
    inference = await InferenceProcess.start({ PARLANCE_MAX_LIVE_STREAMS: String(HELD) });
  }, 120_000);
  afterAll(() => inference.stop());

  it('says how many streams it holds: metric, readiness, metadata', async () => {
    const metric = 'parlance_inference_live_capacity{model="whisper-tiny.en"}';
    expect(await inference.metric(metric)).toBe(HELD);
    const ready = (await (await fetch(`${inference.service.opsUrl}/readyz`)).json()) as { parts: object };
    expect(ready.parts).toMatchObject({ 'live_streams:whisper-tiny.en': String(HELD) });
    const stream = inference.openStream().configure(LIVE);
    const metadata = new Promise<unknown[]>((resolve) =>
      stream.call.on('metadata', (sent) => resolve(sent.get('parlance-live-capacity'))),
    );
    expect(await metadata).toEqual([`whisper-tiny.en=${HELD}`]);
    await stream.end();
  });

  it('turns a crowd away at once, with a code and a hint, while those it has get their finals in time', async () => {
    const held = Array.from({ length: HELD }, () => inference.openStream().configure(LIVE));
    await until(() => held.every((stream) => stream.events.length > 0));
    const audio = Buffer.concat([speechPcm(READ_SPEECH.letter), Buffer.alloc(32_000)]);
    const speaking = Promise.all(held.map((stream) => finalDelays(stream, audio)));
    await until(() => held.some((stream) => stream.interims.length > 0), 30_000);
    const crowd = await Promise.all(
      Array.from({ length: CROWD }, () => inference.openStream().configure(LIVE).ended),
    );
    for (const { code, status: refused, metadata } of crowd) {
      expect([code, refused]).toEqual(['inference.overloaded', status.RESOURCE_EXHAUSTED]);
      expect(Number(metadata.get('retry-after')[0])).toBeGreaterThan(0);
    }
    // What the operator scales by, and what is no fault of the pod's.
    expect(await inference.metric('parlance_inference_refused_streams_total')).toBe(CROWD);
    const faults = 'parlance_rpc_server_faults_total{code="inference.overloaded"}';
    expect(await inference.metric(faults)).toBe(CROWD);
    const delays = await speaking;
    for (const stream of held) {
      expect((await stream.end()).status).toBe(0);
      expect(wordsOf(stream.text)).toEqual(expect.arrayContaining(['first', 'importance', 'letter', 'form']));
    }
    expect(delays.flat().length).toBeGreaterThanOrEqual(HELD);
    expect(Math.max(...delays.flat())).toBeLessThan(5000);
  }, 90_000);

  it('has room again when one has left', async () => {
    const held = Array.from({ length: HELD }, () => inference.openStream().configure(LIVE));
    await until(() => held.every((stream) => stream.events.length > 0));
    held[0]?.call.cancel();
    await until(
      async () => (await inference.metric('parlance_inference_active_streams{kind="live"}')) === HELD - 1,
    );
    const next = inference.openStream().configure(LIVE);
    await until(() => next.events.length > 0);
    for (const stream of [...held.slice(1), next]) expect((await stream.end()).status).toBe(0);
  });
});
