import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFile } from './models.js';

/** A model that nothing loads by itself. */
export const OWN_MODEL = 'detector';

/** A folder of models with copies of Silero's voice activity detection under other names. */
export async function modelFolder(...names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parlance-models-'));
  for (const name of names) {
    await mkdir(join(folder, name));
    await copyFile(modelFile('silero-vad', 'silero_vad.onnx'), join(folder, name, `${name}.onnx`));
  }
  return folder;
}

const zeros = (count: number): number[] => Array<number>(count).fill(0);

/** One silent frame for that model, as JSON over HTTP. */
export const VAD_REQUEST = {
  id: 'r1',
  inputs: [
    { name: 'input', datatype: 'FP32', shape: [1, 576], data: zeros(576) },
    { name: 'state', datatype: 'FP32', shape: [2, 1, 128], data: zeros(256) },
    { name: 'sr', datatype: 'INT64', shape: [], data: [16_000] },
  ],
};
