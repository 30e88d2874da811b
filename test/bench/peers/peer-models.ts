import { execFile } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { compileModel, type ModelPrecision } from '@parlance/model-compiler';
import { modelFile } from '../../support/models.js';
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

/** Published whisper-base for everyone: it comes in CTranslate2's layout, of which Hugging Face's is made, and every other of that. */
export async function baseModels(context: BenchContext): Promise<ModelFolders> {
  const source = dirname(modelFile('whisper-base', 'model.bin'));
  const checkpoint = join(peerFolder(context.root), 'models', 'whisper-base', 'checkpoint');
  const script = [scriptOf(context, 'hugging_face_folder.py'), source, checkpoint];
  await prepared(
    checkpoint,
    () => python(context, script),
    context.say,
    'Writing whisper-base in another layout',
  );
  return convert(context, checkpoint, await compiled(context, source, 'whisper-base'));
}

/** Published tiny.en, from ../shared, for everyone. */
export async function checkpointModels(context: BenchContext): Promise<ModelFolders> {
  return convert(context, context.checkpoint, await compiledCheckpoint(context));
}

/** A checkpoint of OpenAI's exact small shape with random weights, for everyone. */
export async function smallModels(context: BenchContext): Promise<ModelFolders> {
  const name = 'random-small.en';
  const folder = join(peerFolder(context.root), 'models', name);
  const source = join(folder, 'checkpoint');
  const script = [scriptOf(context, 'random_checkpoint.py'), context.checkpoint, source];
  await prepared(
    source,
    () => python(context, script),
    context.say,
    'Writing random weights of the small shape',
  );
  return convert(context, source, await compiled(context, source, name));
}

/** Published tiny.en compiled by this checkout, in the benches' own folder: what the platform's holds may be older.
 *  @param precisions  the compiler's default ones where absent */
export function compiledCheckpoint(
  context: BenchContext,
  precisions?: readonly ModelPrecision[],
): Promise<CompiledModel> {
  return compiled(context, context.checkpoint, basename(context.checkpoint), precisions);
}

async function compiled(
  { root }: BenchContext,
  source: string,
  name: string,
  precisions?: readonly ModelPrecision[],
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
