import { mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphBuilder } from '@parlance/model-compiler';
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

/** Writes a model whose runs last as long as is asked for: it counts to its input, some million a second. */
export function writeCountingModel(folder: string, name: string): void {
  const graph = GraphBuilder.create('counting', new Map());
  const body = graph.subgraph('step');
  body.input('iteration', 'int64', []);
  body.input('running', 'bool', []);
  const counted = body.input('counted', 'int64', [1]);
  body.output(body.op('Identity', ['running']), 'bool');
  body.output(body.op('Add', [counted, body.ints([1])]), 'int64');
  const rounds = graph.op('Squeeze', [graph.input('rounds', 'int64', [1])]);
  graph.node('Loop', [rounds, '', graph.ints([0])], ['total'], { body });
  graph.output('total', 'int64', [1]);
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, `${name}.onnx`), graph.encode());
}
