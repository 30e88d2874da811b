import { floatToPcm } from '@parlance/audio';
import type { ModelRuns, TensorMap, TensorValue } from '@parlance/onnx';

type Scales = readonly [noise: number, length: number, noiseW: number];

/** Frames vocoded at one go: few at first, so that the speech begins soon; then more, so that less is made twice. */
const FIRST_FRAMES = 48;
const NEXT_FRAMES = 96;
/** Frames that a sample depends on, to each side; with them the parts are the whole, bit for bit. */
const CONTEXT_FRAMES = 12;

/** The inner tensor of a graph that says how many frames each id takes. */
export const DURATIONS = '/Ceil_output_0';

/** Relative lengths of the ids; undefined where the graph does not tell them. */
export type IdLengths = readonly number[] | undefined;

/** Speech of a graph cut before its vocoder: the frames of all sounds at once, their samples part by part. The time until the
 *  first part and the memory of a run do not depend on the length of the text.
 *  @returns 16-bit samples; at the end how long each id is */
export async function* vocode(
  model: ModelRuns,
  ids: readonly number[],
  scales: Scales,
): AsyncGenerator<Buffer, IdLengths> {
  const [frames, durations] = await model.run('front', inputs(ids, scales));
  const [, channels = 0, count = 0] = frames!.dims;
  for (let start = 0, size = FIRST_FRAMES; start < count; start += size, size = NEXT_FRAMES) {
    // A short rest goes with the part before it.
    if (count - start < size + FIRST_FRAMES) size = count - start;
    const from = Math.max(0, start - CONTEXT_FRAMES);
    const to = Math.min(count, start + size + CONTEXT_FRAMES);
    const part = columns(frames!.data as Float32Array, { channels, count, from, to });
    const feeds = { frames: { type: 'float32', dims: [1, channels, to - from], data: part } } as const;
    const [samples] = await model.run('back', feeds);
    const speech = samples!.data as Float32Array;
    const perFrame = speech.length / (to - from);
    yield floatToPcm(speech.subarray((start - from) * perFrame, (start - from + size) * perFrame));
  }
  return lengthsOf(durations, ids.length);
}

/** Speech of a graph in one run. */
export async function* wholeSpeech(
  model: ModelRuns,
  ids: readonly number[],
  scales: Scales,
): AsyncGenerator<Buffer, IdLengths> {
  const [samples, durations] = await model.run('whole', inputs(ids, scales));
  yield floatToPcm(samples!.data as Float32Array);
  return lengthsOf(durations, ids.length);
}

function lengthsOf(durations: TensorValue | undefined, ids: number): IdLengths {
  const lengths = durations && [...(durations.data as Float32Array)];
  return lengths?.length === ids ? lengths : undefined;
}

function inputs(ids: readonly number[], scales: Scales): TensorMap {
  const whole = (values: readonly number[], dims: readonly number[]): TensorValue => ({
    type: 'int64',
    dims,
    data: BigInt64Array.from(values, BigInt),
  });
  return {
    input: whole(ids, [1, ids.length]),
    input_lengths: whole([ids.length], [1]),
    scales: { type: 'float32', dims: [3], data: Float32Array.from(scales) },
    // The first speaker of a voice that has several.
    sid: whole([0], [1]),
  };
}

/** Some columns of a matrix of `channels` rows. */
function columns(
  matrix: Float32Array,
  { channels, count, from, to }: { channels: number; count: number; from: number; to: number },
): Float32Array {
  const part = new Float32Array(channels * (to - from));
  for (let row = 0; row < channels; row++)
    part.set(matrix.subarray(row * count + from, row * count + to), row * (to - from));
  return part;
}
