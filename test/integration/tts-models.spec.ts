import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OnDemandModel, splitGraph, type TensorMap } from '@parlance/onnx';
import { vocode } from '@parlance/tts/engines/piper/piper-graphs';
import { modelFile } from '../support/models.js';

const PIPER_JOE = modelFile('piper-en_US-joe-medium', 'en_US-joe-medium.onnx');
const never = new AbortController().signal;
/** “Hello, how are you?” (piper-tts 1.8.0) without noise, so that two runs give the same. */
const SOUNDS = [20, 59, 24, 120, 27, 100, 8, 3, 20, 120, 14, 100, 3, 51, 122, 88, 3, 22, 33, 122, 13];
const IDS = [1, 0, ...SOUNDS.flatMap((id) => [id, 0]), 2];
const QUIET = [0, 1, 0] as const;

describe("Piper's graph, cut before its vocoder", () => {
  let model: OnDemandModel;
  beforeAll(async () => {
    model = new OnDemandModel({
      file: PIPER_JOE,
      splitBefore: '/dec/conv_pre/Conv',
      threads: 1,
      runLimitMs: 60_000,
      loadLimitMs: 60_000,
      idleMs: 0,
      maxQueued: 8,
    });
    expect(await model.load()).toEqual({ isSplit: true });
  }, 60_000);
  afterAll(() => model?.stop());

  it('gives part by part what it gives in one run, to the last sample', async () => {
    const parts: Buffer[] = [];
    for await (const part of vocode(model.begin(never), IDS, QUIET)) parts.push(part);
    expect(parts.length).toBeGreaterThan(1);
    const whole = new OnDemandModel({
      file: PIPER_JOE,
      threads: 1,
      runLimitMs: 60_000,
      loadLimitMs: 60_000,
      idleMs: 0,
      maxQueued: 8,
    });
    const [samples] = await whole.run('whole', feeds(), never);
    await whole.stop();
    const pieced = Buffer.concat(parts);
    const synthesized = samples!.data as Float32Array;
    expect(pieced.length).toBe(2 * synthesized.length);
    const difference = synthesized.reduce(
      (most, sample, at) =>
        Math.max(most, Math.abs(Math.round(sample * 32_768) - pieced.readInt16LE(2 * at))),
      0,
    );
    expect(difference).toBeLessThanOrEqual(1);
  }, 60_000);

  it('is left whole where there is no such node', () => {
    expect(splitGraph(readFileSync(PIPER_JOE), 'no/such/node')).toBeUndefined();
  });

  function feeds(): TensorMap {
    return {
      input: { type: 'int64', dims: [1, IDS.length], data: BigInt64Array.from(IDS, BigInt) },
      input_lengths: { type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(IDS.length)) },
      scales: { type: 'float32', dims: [3], data: Float32Array.from(QUIET) },
    };
  }
});
