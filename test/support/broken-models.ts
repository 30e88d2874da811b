import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Ways in which the files of a compiled Whisper model may be broken; each is given the model's folder. */
export const BREAKAGES: Readonly<Record<string, (folder: string) => void>> = {
  'no manifest': (folder) => unlinkSync(join(folder, 'manifest.json')),
  'a manifest of another kind': (folder) =>
    writeFileSync(join(folder, 'manifest.json'), '{"formatVersion":1}'),
  'a graph that is none': (folder) => writeFileSync(join(folder, 'encoder.int8.onnx'), 'this is no graph'),
  'a graph cut off': (folder) => cut(join(folder, 'prefill.int8.onnx'), (bytes) => bytes >> 1),
  'an empty graph': (folder) => cut(join(folder, 'prefill.int8.onnx'), () => 0),
  'a missing graph': (folder) => unlinkSync(join(folder, 'encoder.int8.onnx')),
  'weights cut off': (folder) => cut(join(folder, 'weights.int8.bin'), (bytes) => bytes - 4096),
  'empty weights': (folder) => cut(join(folder, 'weights.int8.bin'), () => 0),
  'missing weights': (folder) => unlinkSync(join(folder, 'weights.int8.bin')),
  'a broken vocabulary': (folder) => writeFileSync(join(folder, 'tokenizer.json'), '{'),
};

/** A copy of what a compiled model needs in 8 bits; its graphs read the smaller tensors from the weights of f32. */
export function copyCompiled(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => !name.endsWith('.f32.onnx')))
    copyFileSync(join(from, file), join(to, file));
}

function cut(file: string, lengthOf: (bytes: number) => number): void {
  truncateSync(file, lengthOf(statSync(file).size));
}
