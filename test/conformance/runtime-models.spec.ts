/** Real ONNX models in real worker threads. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime, type ScanRequest, type TensorMap } from '@parlance/onnx';
import { WHISPER_MODELS } from '@parlance/whisper';
import { modelFile } from '../support/models.js';

const rate: TensorMap = { sr: { type: 'int64', dims: [], data: BigInt64Array.of(16000n) } };

describe('generic models in worker threads', () => {
  let runtime: InferenceRuntime;
  beforeAll(async () => {
    runtime = new InferenceRuntime({ ...DEFAULT_RUNTIME_OPTIONS, models: WHISPER_MODELS });
    await runtime.load(
      {
        name: 'silero-vad',
        kind: 'onnx',
        location: modelFile('silero-vad', 'silero_vad.onnx'),
        precision: 'f32',
      },
      'signal',
    );
  }, 60_000);
  afterAll(() => runtime.stop());

  it('step a recurrent model over many frames as single runs would', async () => {
    const signal = Float32Array.from({ length: 64 + 512 * 4 }, (_, i) => Math.sin(i / 9) * 0.3);
    const request: ScanRequest = {
      frames: { input: 'input', data: signal, width: 576, hop: 512 },
      state: { input: 'state', output: 'stateN', dims: [2, 1, 128], data: new Float32Array(256) },
      constants: rate,
      output: 'output',
    };
    const scanned = await runtime.scan('silero-vad', request);
    let state = new Float32Array(256);
    const single: number[] = [];
    for (let i = 0; i < 4; i++) {
      const result = await runtime.infer('silero-vad', {
        ...rate,
        input: { type: 'float32', dims: [1, 576], data: signal.slice(i * 512, i * 512 + 576) },
        state: { type: 'float32', dims: [2, 1, 128], data: state },
      });
      state = result.stateN?.data as Float32Array<ArrayBuffer>;
      single.push((result.output?.data as Float32Array)[0] ?? NaN);
    }
    expect([...scanned.values]).toEqual(single);
    expect(scanned.state).toEqual(state);
  });

  it('refuse inputs that do not fit, and go on', async () => {
    const wrong: TensorMap = { input: { type: 'float32', dims: [1, 576], data: new Float32Array(576) } };
    await expect(runtime.infer('silero-vad', wrong)).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(runtime.run('silero-vad', 'dance', {}, { priority: 'bulk' })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  it('report a broken file without losing the thread', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parlance-broken-'));
    await writeFile(join(folder, 'broken.onnx'), 'this is no model');
    await mkdir(join(folder, 'whisper-broken'));
    await writeFile(join(folder, 'whisper-broken', 'manifest.json'), '{"formatVersion":1}');
    const broken = { precision: 'f32' } as const;
    await expect(
      runtime.load({ ...broken, name: 'broken', kind: 'onnx', location: join(folder, 'broken.onnx') }),
    ).rejects.toMatchObject({ code: 'model.invalid' });
    await expect(
      runtime.load({
        ...broken,
        name: 'whisper-broken',
        kind: 'whisper',
        location: join(folder, 'whisper-broken'),
      }),
    ).rejects.toMatchObject({ code: 'model.invalid' });
    expect(runtime.busyness('recognition')).toEqual({ workers: 1, running: 0, queued: 0 });
    await rm(folder, { recursive: true });
  });
});
