/** Real ONNX Runtime on really broken files: the thread that meets them goes on, and so do the models in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime, type TensorMap } from '@parlance/onnx';
import { WHISPER_MODELS } from '@parlance/whisper';
import { BREAKAGES, copyCompiled } from '../support/broken-models.js';
import { modelFile } from '../support/models.js';

const COMPILED = join(process.env.PARLANCE_MODEL_CACHE ?? '.cache/models', 'whisper-tiny.en');
const FRAME: TensorMap = {
  input: { type: 'float32', dims: [1, 576], data: new Float32Array(576) },
  state: { type: 'float32', dims: [2, 1, 128], data: new Float32Array(256) },
  sr: { type: 'int64', dims: [], data: BigInt64Array.of(16_000n) },
};

describe('a broken model', () => {
  const lost: string[] = [];
  let runtime: InferenceRuntime;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-broken-'));
    runtime = new InferenceRuntime(
      { ...DEFAULT_RUNTIME_OPTIONS, models: WHISPER_MODELS },
      { workerLost: (_, reason) => lost.push(reason) },
    );
    const location = modelFile('silero-vad', 'silero_vad.onnx');
    await runtime.load({ name: 'healthy', kind: 'onnx', location, precision: 'f32' });
  });
  afterAll(async () => {
    await runtime.stop();
    rmSync(folder, { recursive: true });
  });

  it('is loaded before it is broken', async () => {
    const location = join(folder, 'whole');
    copyCompiled(COMPILED, location);
    const load = runtime.load({ name: 'whole', kind: 'whisper', location, precision: 'int8' });
    await expect(load).resolves.toBeDefined();
    await runtime.unload('whole');
    rmSync(location, { recursive: true });
  }, 30_000);

  it.each(Object.keys(BREAKAGES))(
    'with %s is model.invalid, and another in its worker works on',
    async (breakage) => {
      const location = join(folder, breakage);
      copyCompiled(COMPILED, location);
      BREAKAGES[breakage]?.(location);
      const load = runtime.load({ name: breakage, kind: 'whisper', location, precision: 'int8' });
      await expect(load).rejects.toMatchObject({ code: 'model.invalid' });
      await expect(load).rejects.not.toThrow(/onnx|\.bin|\//);
      rmSync(location, { recursive: true });
      await expect(runtime.infer('healthy', FRAME)).resolves.toHaveProperty('output');
      expect(lost).toEqual([]);
    },
    30_000,
  );
});
