import { basename, dirname, join } from 'node:path';
import { compileModel, type ModelPrecision } from '@parlance/model-compiler';
import { modelFile } from '../../support/models.js';
import type { BenchContext } from '../bench-context.js';
import { peerFolder, prepared, runPeerScript } from './peer-environment.js';

/** Our compiled models' parent and the model's name there. */
export interface CompiledModel {
  readonly compiled: string;
  readonly name: string;
}

/** The same weights for everyone; the form that an engine loads is made when it is first asked for (model-forms.ts). */
export interface BenchModel extends CompiledModel {
  /** In Hugging Face's layout, of which every other form is made. */
  readonly checkpoint: string;
}

/** Published whisper-base: it comes in CTranslate2's layout, of which Hugging Face's is made. */
export async function baseModels(context: BenchContext): Promise<BenchModel> {
  const source = dirname(modelFile('whisper-base', 'model.bin'));
  const checkpoint = join(peerFolder(context.root), 'models', 'whisper-base', 'checkpoint');
  await prepared(
    checkpoint,
    () => runPeerScript(context, 'offline', 'hugging_face_folder.py', [source, checkpoint]),
    context.say,
    'Writing whisper-base in another layout',
  );
  return { checkpoint, ...(await compiled(context, source, 'whisper-base')) };
}

/** Published tiny.en, from ../shared. */
export async function checkpointModels(context: BenchContext): Promise<BenchModel> {
  return { checkpoint: context.checkpoint, ...(await compiledCheckpoint(context)) };
}

/** A checkpoint of OpenAI's exact small shape with random weights. */
export async function smallModels(context: BenchContext): Promise<BenchModel> {
  const name = 'random-small.en';
  const checkpoint = join(peerFolder(context.root), 'models', name, 'checkpoint');
  await prepared(
    checkpoint,
    () => runPeerScript(context, 'offline', 'random_checkpoint.py', [context.checkpoint, checkpoint]),
    context.say,
    'Writing random weights of the small shape',
  );
  return { checkpoint, ...(await compiled(context, checkpoint, name)) };
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
