import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { compileModel, type Precision } from '#libs/model-compiler';
import type { BenchContext } from '../bench-context.js';
import { peerFolder, peerPython, prepared } from './peer-environment.js';

const OUTPUT = { maxBuffer: 64 << 20 };

/** Our compiled models' parent and the model's name there. */
export interface CompiledModel {
  readonly compiled: string;
  readonly name: string;
}

/** The same weights in the format of each engine; every folder is made once. */
export interface ModelFolders extends CompiledModel {
  /** openai.pt, ctranslate2/, whisper.cpp-*.bin */
  readonly python: string;
  /** As transformers.js loads it. */
  readonly transformersJs: string;
}

export type Shape = 'base' | 'small';

/** The checkpoint of ../shared for everyone. */
export async function checkpointModels(context: BenchContext): Promise<ModelFolders> {
  return convert(context, context.checkpoint, await compiledCheckpoint(context));
}

/** A checkpoint of OpenAI's exact base or small shape with random weights, for everyone. */
export async function shapeModels(context: BenchContext, shape: Shape): Promise<ModelFolders> {
  const name = `random-${shape}.en`;
  const folder = join(peerFolder(context.root), 'models', name);
  const source = join(folder, 'checkpoint');
  const script = [scriptOf(context, 'random_checkpoint.py'), context.checkpoint, shape, source];
  await prepared(
    source,
    () => python(context, script),
    context.say,
    `Writing random weights of the ${shape} shape`,
  );
  return convert(context, source, await compiled(context, source, name));
}

/** The checkpoint of ../shared compiled by this checkout, in the benches' own folder: what the platform's holds may be older.
 *  @param precisions  the compiler's default ones where absent */
export function compiledCheckpoint(
  context: BenchContext,
  precisions?: readonly Precision[],
): Promise<CompiledModel> {
  return compiled(context, context.checkpoint, basename(context.checkpoint), precisions);
}

async function compiled(
  { root }: BenchContext,
  source: string,
  name: string,
  precisions?: readonly Precision[],
): Promise<CompiledModel> {
  const folder = join(peerFolder(root), 'compiled');
  await compileModel({ source, target: join(folder, name), precisions });
  return { compiled: folder, name };
}

async function convert(context: BenchContext, checkpoint: string, own: CompiledModel): Promise<ModelFolders> {
  const { name } = own;
  const folder = join(peerFolder(context.root), 'models', name);
  const [pythonFolder, jsFolder] = [join(folder, 'python'), join(folder, 'transformers.js')];
  const prepare = [scriptOf(context, 'prepare.py'), checkpoint, pythonFolder];
  await prepared(
    pythonFolder,
    () => python(context, prepare),
    context.say,
    `Converting ${name} for the Python peers`,
  );
  const exported = [scriptOf(context, 'export_onnx.py'), checkpoint, jsFolder];
  await prepared(
    jsFolder,
    () => python(context, exported),
    context.say,
    `Exporting ${name} for transformers.js`,
  );
  return { python: pythonFolder, transformersJs: jsFolder, ...own };
}

async function python(context: BenchContext, args: readonly string[]): Promise<void> {
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '' };
  await promisify(execFile)(await peerPython(context, 'offline'), [...args], { ...OUTPUT, env });
}

function scriptOf({ root }: BenchContext, name: string): string {
  return join(root, 'test/bench/peers', name);
}
