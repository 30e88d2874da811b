import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Checkpoint } from './checkpoint/checkpoint.js';
import { alignGraph } from './graphs/align-graph.js';
import { beamGraph } from './graphs/beam-graph.js';
import { decodeGraph } from './graphs/decode-graph.js';
import { encoderGraph, layersGraph } from './graphs/encoder-graph.js';
import { generateGraph } from './graphs/generate-graph.js';
import { STFT_HOP, melGraph, N_FFT } from './graphs/mel-graph.js';
import { prefillGraph } from './graphs/prefill-graph.js';
import type { Manifest } from './manifest.schema.js';
import { describeBytes, describeFiles, isWhole, readManifest, replaceFolder } from './compiled-folder.js';
import { sourceHash } from './source-hash.js';
import { bytePairs, wholeToken } from './whisper/byte-pairs.js';
import { alignmentHeads, dimensionsOf } from './whisper/dimensions.js';
import { checkTokenizer, isMultilingual, specialTokens } from './whisper/special-tokens.js';
import { suppressedTokens } from './whisper/suppressed-tokens.js';
import { DEFAULT_PRECISIONS, ENCODER_FORM, PRECISIONS, type ModelPrecision } from './whisper/weight-forms.js';
import { weightsOf, writeWeights } from './whisper/weights.js';

/** Raised with every change of what the graphs compute or how they are called: older compiled folders are built anew. */
export const GRAPH_VERSION = '23';

export interface CompileProgress {
  readonly stage: 'hash' | 'weights' | 'graphs';
  readonly done: number;
  readonly total: number;
}

export interface CompileOptions {
  /** Checkpoint folder in Hugging Face's layout or CTranslate2's. */
  readonly source: string;
  /** Folder of the compiled model; replaced as a whole. */
  readonly target: string;
  /** DEFAULT_PRECISIONS where absent; those that `target` has already are kept. */
  readonly precisions?: readonly ModelPrecision[];
  readonly onProgress?: (progress: CompileProgress) => void;
}

/** Compiles a Whisper checkpoint to ONNX graphs, unless `target` already holds them.
 *  @returns the manifest, and whether anything was built */
export async function compileModel(options: CompileOptions): Promise<{ manifest: Manifest; built: boolean }> {
  const { source, target, onProgress = () => {} } = options;
  const hash = await sourceHash(source, (done, total) => onProgress({ stage: 'hash', done, total }));
  const present = await readManifest(target);
  const wanted = options.precisions ?? DEFAULT_PRECISIONS;
  const precisions = PRECISIONS.filter((p) => wanted.includes(p) || present?.precisions.includes(p));
  if (
    present &&
    isMadeOf(present, hash) &&
    includesAll(present.precisions, precisions) &&
    (await isWhole(target, present))
  )
    return { manifest: present, built: false };

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

/** Whether `target` holds what compileModel would make of `source` now. Reads the whole checkpoint and the compiled files. */
export async function isUpToDate(options: Omit<CompileOptions, 'onProgress'>): Promise<boolean> {
  const hash = await sourceHash(options.source);
  const present = await readManifest(options.target);
  return (
    present !== undefined &&
    isMadeOf(present, hash) &&
    includesAll(present.precisions, options.precisions ?? DEFAULT_PRECISIONS) &&
    (await isWhole(options.target, present))
  );
}

function isMadeOf(manifest: Manifest, hash: string): boolean {
  return manifest.graphVersion === GRAPH_VERSION && manifest.sourceHash === hash;
}

function includesAll(present: readonly ModelPrecision[], wanted: readonly ModelPrecision[]): boolean {
  return wanted.every((precision) => present.includes(precision));
}

async function build(
  { source, precisions, target }: CompileOptions & { precisions: readonly ModelPrecision[] },
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
      'layers.f32': () => layersGraph(weights, dims),
    };
    for (const precision of precisions) {
      const own = weightsOf(weights, precision);
      Object.assign(makers, {
        [`encoder.${precision}`]: () => encoderGraph(own, dims, ENCODER_FORM[precision]),
        [`prefill.${precision}`]: () => prefillGraph(own, dims, precision),
        [`decode.${precision}`]: () => decodeGraph(own, dims, precision, tokens),
        [`beam.${precision}`]: () => beamGraph(own, dims, precision, tokens),
        [`generate.${precision}`]: () => generateGraph(own, dims, precision, tokens),
        [`align.${precision}`]: () => alignGraph(own, dims, precision, tokens, heads),
      });
    }
    const graphs = await writeGraphs(folder, makers, onProgress);
    const weightFiles = [...new Set([...weights.values()].map((entry) => entry.file))];
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
      weights: await describeFiles(folder, weightFiles),
      sampleRate: 16000,
      hop: STFT_HOP,
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
    graphs[name] = { file: `${name}.onnx`, ...describeBytes(bytes) };
    onProgress({ stage: 'graphs', done: Object.keys(graphs).length, total });
  }
  return graphs;
}
