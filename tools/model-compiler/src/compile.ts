import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Checkpoint } from './checkpoint/checkpoint.js';
import { alignGraph } from './graphs/align-graph.js';
import { beamGraph } from './graphs/beam-graph.js';
import { decodeGraph } from './graphs/decode-graph.js';
import { encoderGraph } from './graphs/encoder-graph.js';
import { HOP, melGraph, N_FFT } from './graphs/mel-graph.js';
import { prefillGraph } from './graphs/prefill-graph.js';
import { ManifestSchema, type Manifest } from './manifest.schema.js';
import type { WeightIndex } from './onnx/weight-file.js';
import { sourceHash } from './source-hash.js';
import { alignmentHeads } from './whisper/alignment-heads.js';
import { bytePairs, wholeToken } from './whisper/byte-pairs.js';
import { dimensionsOf } from './whisper/dimensions.js';
import { checkTokenizer, isMultilingual, specialTokens } from './whisper/special-tokens.js';
import { suppressedTokens } from './whisper/suppressed-tokens.js';
import { PRECISIONS, writeWeights, type Precision } from './whisper/weights.js';

/** Raised with every change of what the graphs compute or how they are called: older compiled folders are built anew. */
export const GRAPH_VERSION = '5';

export interface CompileProgress {
  readonly stage: 'hash' | 'weights' | 'graphs';
  readonly done: number;
  readonly total: number;
}

export interface CompileOptions {
  /** Checkpoint folder in Hugging Face's layout. */
  readonly source: string;
  /** Folder of the compiled model; replaced as a whole. */
  readonly target: string;
  readonly precisions?: readonly Precision[];
  readonly onProgress?: (progress: CompileProgress) => void;
}

/** Compiles a Whisper checkpoint to ONNX graphs, unless `target` already holds them.
 *  @returns the manifest, and whether anything was built */
export async function compileModel(options: CompileOptions): Promise<{ manifest: Manifest; built: boolean }> {
  const { source, target, precisions = PRECISIONS, onProgress = () => {} } = options;
  const hash = await sourceHash(source, (done, total) => onProgress({ stage: 'hash', done, total }));
  const present = await readManifest(target);
  if (present && matches(present, hash, precisions)) return { manifest: present, built: false };

  const building = join(dirname(resolve(target)), `.${basename(target)}.${randomUUID()}`);
  await mkdir(building, { recursive: true });
  try {
    const manifest = await build({ ...options, precisions }, building, hash, onProgress);
    await replaceFolder(building, target);
    return { manifest, built: true };
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

/** Puts `building` in the place of `target` by renames, so that a reader sees a whole folder or none. Of two processes that
 *  compile the same model at once the later one's folder stays. */
async function replaceFolder(building: string, target: string): Promise<void> {
  const old = `${building}.old`;
  for (let attempt = 1; ; attempt++) {
    await rename(target, old).catch(ignoreMissing);
    try {
      await rename(building, target);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || attempt === 3) throw error;
    }
    await rm(old, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Whether `target` holds what compileModel would make of `source` now. Reads the whole checkpoint to hash it. */
export async function isUpToDate(options: Omit<CompileOptions, 'onProgress'>): Promise<boolean> {
  const present = await readManifest(options.target);
  return (
    present !== undefined &&
    matches(present, await sourceHash(options.source), options.precisions ?? PRECISIONS)
  );
}

/** @returns the manifest of a compiled folder; undefined when there is none or it is of another format. */
export async function readManifest(target: string): Promise<Manifest | undefined> {
  const text = await readFile(join(target, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return ManifestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function matches(manifest: Manifest, hash: string, precisions: readonly Precision[]): boolean {
  return (
    manifest.graphVersion === GRAPH_VERSION &&
    manifest.sourceHash === hash &&
    precisions.every((p) => manifest.precisions.includes(p))
  );
}

async function build(
  { source, precisions, target }: CompileOptions & { precisions: readonly Precision[] },
  folder: string,
  hash: string,
  onProgress: (progress: CompileProgress) => void,
): Promise<Manifest> {
  const checkpoint = await Checkpoint.open(source);
  try {
    const dims = dimensionsOf(checkpoint.config);
    const tokens = specialTokens(dims.vocabulary);
    checkTokenizer(checkpoint.tokenizer, tokens);
    const pairs = bytePairs(checkpoint.tokenizer);
    const heads = alignmentHeads(checkpoint.generation, dims);
    const weights = await writeWeights(checkpoint, dims, precisions, folder, (done, total) =>
      onProgress({ stage: 'weights', done, total }),
    );
    const makers: Record<string, () => Uint8Array> = {
      mel: () => melGraph(weights, dims.mels),
      'encoder.f32': () => encoderGraph(weights, dims, 'f32'),
      ...(precisions.includes('int8') && { 'encoder.int8': () => encoderGraph(weights, dims, 'dynamic8') }),
      ...Object.fromEntries(
        precisions.flatMap((precision) => [
          [`prefill.${precision}`, () => prefillGraph(weights, dims, precision)],
          [`decode.${precision}`, () => decodeGraph(weights, dims, precision, tokens)],
          [`beam.${precision}`, () => beamGraph(weights, dims, precision, tokens)],
          [`align.${precision}`, () => alignGraph(weights, dims, precision, tokens, heads)],
        ]),
      ),
    };
    const graphs = await writeGraphs(folder, makers, onProgress);
    await copyFile(join(source, 'tokenizer.json'), join(folder, 'tokenizer.json'));
    const blank = wholeToken(pairs, ' ');
    const { encoderFeedForward: _encoderInner, decoderFeedForward: _decoderInner, ...outerDims } = dims;
    const manifest: Manifest = {
      formatVersion: 1,
      graphVersion: GRAPH_VERSION,
      name: basename(resolve(target)),
      sourceHash: hash,
      dims: outerDims,
      multilingual: isMultilingual(dims.vocabulary),
      tokens,
      suppressTokens: [...suppressedTokens(checkpoint, pairs, tokens)],
      blankTokens: [...(blank === undefined ? [] : [blank]), tokens.eot],
      alignmentHeads: heads.map(([layer, head]) => [layer, head]),
      precisions: [...precisions],
      graphs,
      weights: await weightSizes(folder, weights),
      sampleRate: 16000,
      hop: HOP,
      nFft: N_FFT,
    };
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 1)}\n`);
    return manifest;
  } finally {
    await checkpoint.close();
  }
}

async function writeGraphs(
  folder: string,
  makers: Readonly<Record<string, () => Uint8Array>>,
  onProgress: (progress: CompileProgress) => void,
): Promise<Manifest['graphs']> {
  const graphs: Manifest['graphs'] = {};
  const total = Object.keys(makers).length;
  for (const [name, make] of Object.entries(makers)) {
    const bytes = make();
    await writeFile(join(folder, `${name}.onnx`), bytes);
    graphs[name] = { file: `${name}.onnx`, bytes: bytes.length };
    onProgress({ stage: 'graphs', done: Object.keys(graphs).length, total });
  }
  return graphs;
}

async function weightSizes(folder: string, weights: WeightIndex): Promise<Manifest['weights']> {
  const files = [...new Set([...weights.values()].map((entry) => entry.file))];
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return Object.fromEntries(files.map((file, i) => [file, { bytes: sizes[i]! }]));
}
