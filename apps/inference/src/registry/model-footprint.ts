import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelSource } from '@parlance/onnx';
import { SCORING_MODEL } from '@parlance/scoring';

const MEBIBYTE = 1024 ** 2;

/**
 * Memory of a loaded model over the size of its weights on disk: the decoder's weights are packed once for each of its
 * graphs, and the vocabulary is JavaScript's. Measured as growth of the resident set, MiB (weights → memory): tiny.en 8 bit
 * 38 → 182, f32 144 → 639; base 8 bit 74 → 280, f32 277 → 998; silero-vad 2 → 19. Rounded up: what it errs by stays free.
 */
const WHISPER = { base: 96 * MEBIBYTE, factor: 3.75 };
/** Of whisper-base's 277 MiB in f32 the encoder and one graph of the decoder: 500 MiB, with the dictionary. */
const SCORES = { base: 64 * MEBIBYTE, factor: 1.6 };
const GENERIC = { base: 16 * MEBIBYTE, factor: 3 };
/** Windows whose audio the decoder keeps memory for once it has warmed up: waiting ones and those of a batch. */
const KEPT_WINDOWS = 8;

interface Dims {
  readonly decoderLayers: number;
  readonly encoderContext: number;
  readonly decoderWidth: number;
}

/** Bytes a model takes in each worker that holds it, from the sizes of its files. */
export async function footprintOf({ kind, location, precision, parts }: ModelSource): Promise<number> {
  if (kind === SCORING_MODEL)
    return SCORES.base + SCORES.factor * (await sizeOf(join(parts?.whisper ?? '', 'weights.f32.bin')));
  if (kind !== 'whisper')
    return GENERIC.base + GENERIC.factor * ((await sizeOf(location)) + (await sizeOf(`${location}.data`)));
  const weights = (await readdir(location)).filter((file) => /^weights\..*\.bin$/.test(file));
  const own = weights.filter((file) => file === `weights.${precision}.bin`);
  const sizes = await Promise.all(
    (own.length > 0 ? own : weights).map((file) => sizeOf(join(location, file))),
  );
  const windows = KEPT_WINDOWS * windowBytes(await dimsOf(location));
  return WHISPER.base + WHISPER.factor * sizes.reduce((sum, size) => sum + size, 0) + windows;
}

/** Keys and values of 30 s, as floats, of every layer. */
function windowBytes(dims: Dims | undefined): number {
  return dims ? dims.decoderLayers * 2 * dims.encoderContext * dims.decoderWidth * 4 : 0;
}

/** Undefined where the manifest cannot be read: loading reports the error. */
async function dimsOf(folder: string): Promise<Dims | undefined> {
  try {
    const manifest = await readFile(join(folder, 'manifest.json'), 'utf8');
    return (JSON.parse(manifest) as { readonly dims?: Dims }).dims;
  } catch {
    return undefined;
  }
}

/** 0 where there is no such file: loading reports the error. */
async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
