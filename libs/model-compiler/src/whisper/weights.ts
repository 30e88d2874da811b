import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { WeightFile, type WeightEntry, type WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from './dimensions.js';
import { narrowFloat16, quantiseColumns, quantiseRows, transpose } from './quantise.js';
import { linearLayers, plainTensors, type Linear } from './tensor-plan.js';
import {
  biasName,
  BLOCK_BITS,
  blockLength,
  blockScalesName,
  blockValuesName,
  dynamicNames,
  EMBEDDING,
  HALF,
  matrixName,
  vocabularyForm,
  type BlockForm,
  type Form,
  type ModelPrecision,
} from './weight-forms.js';

const FILES: Readonly<Record<Form, string>> = {
  f32: 'weights.f32.bin',
  int8: 'weights.int8.bin',
  dynamic8: 'weights.int8.bin',
  int4: 'weights.int4.bin',
  f16: 'weights.f16.bin',
};

/** Streams the checkpoint into external-data files, one tensor in memory at a time.
 *  @param onTensor called after each tensor, with how many of how many are written */
export async function writeWeights(
  checkpoint: Checkpoint,
  dims: Dimensions,
  precisions: readonly ModelPrecision[],
  folder: string,
  onTensor: (done: number, total: number) => void,
): Promise<WeightIndex> {
  const writer = new WeightWriter(folder, precisions.includes('f16'));
  const plains = plainTensors(dims);
  const linears = linearLayers(dims, precisions);
  const total = plains.length + linears.length + 1;
  let done = 0;
  try {
    for (const { tensor, shape } of plains) {
      await writer.whole(tensor, shape, await checkpoint.read(tensor, shape));
      onTensor(++done, total);
    }
    for (const linear of linears) {
      await writeLinear(checkpoint, linear, writer);
      onTensor(++done, total);
    }
    const shape = [dims.vocabulary, dims.decoderWidth];
    // The token embedding is also the output projection: whole for look-up, in blocks for the projection.
    const embedding = await checkpoint.read(`${EMBEDDING}.weight`, shape);
    await writer.whole(`${EMBEDDING}.weight`, shape, embedding);
    for (const form of blockForms(precisions.map(vocabularyForm)))
      await writer.blocks(EMBEDDING, form, embedding, shape);
    onTensor(++done, total);
  } finally {
    await writer.close();
  }
  return writer.index;
}

/** The weights that the graphs of a precision read, by their usual names. */
export function weightsOf(index: WeightIndex, precision: Form): WeightIndex {
  if (precision !== 'f16') return index;
  const halves = [...index].filter(([name]) => name.startsWith(HALF));
  return new Map(halves.map(([name, entry]) => [name.slice(HALF.length), entry]));
}

/** Writes tensors in the forms asked for, each form into its file. */
class WeightWriter {
  readonly index = new Map<string, WeightEntry>();
  private readonly files = new Map<string, WeightFile>();

  constructor(
    private readonly folder: string,
    private readonly isHalfWanted: boolean,
  ) {}

  /** In single precision, and in half where that is wanted. */
  async whole(name: string, dims: readonly number[], values: Float32Array): Promise<void> {
    await this.single(name, dims, values);
    if (this.isHalfWanted) await this.half(name, dims, values);
  }

  async single(name: string, dims: readonly number[], values: Float32Array): Promise<void> {
    await (await this.file('f32')).add(name, dims, values);
  }

  async half(name: string, dims: readonly number[], values: Float32Array): Promise<void> {
    await (await this.file('f16')).add(`${HALF}${name}`, dims, narrowFloat16(values));
  }

  async blocks(
    layer: string,
    form: BlockForm,
    matrix: Float32Array,
    shape: readonly number[],
  ): Promise<void> {
    const [rows = 0, columns = 0] = shape;
    const [bits, length] = [BLOCK_BITS[form], blockLength(layer, form)];
    const { values, scales, blocks } = quantiseRows(matrix, rows, columns, bits, length);
    const file = await this.file(form);
    await file.add(blockValuesName(layer, form), [rows, blocks, (length * bits) / 8], values);
    await file.add(blockScalesName(layer, form), [rows * blocks], scales);
  }

  async dynamic(
    layer: string,
    matrix: Float32Array,
    [rows = 0, columns = 0]: readonly number[],
  ): Promise<void> {
    const [valuesName, scalesName, zeroPointsName] = dynamicNames(layer);
    const { values, scales } = quantiseColumns(matrix, rows, columns);
    const file = await this.file('dynamic8');
    await file.add(valuesName, [columns, rows], values);
    await file.add(scalesName, [rows], scales);
    await file.add(zeroPointsName, [rows], new Int8Array(rows));
  }

  async close(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.close()));
  }

  private async file(form: Form): Promise<WeightFile> {
    const name = FILES[form];
    const file = this.files.get(name) ?? (await WeightFile.create(this.folder, name, this.index));
    this.files.set(name, file);
    return file;
  }
}

async function writeLinear(checkpoint: Checkpoint, linear: Linear, writer: WeightWriter): Promise<void> {
  const { layer, parts, inputs, outputs, forms } = linear;
  const rows = outputs * parts.length;
  const matrix = new Float32Array(rows * inputs);
  const bias = new Float32Array(rows);
  for (const [i, part] of parts.entries()) {
    const read = async (tensor: string, shape: readonly number[]): Promise<Float32Array> =>
      scaled(await checkpoint.read(`${part.source}.${tensor}`, shape), part.factor);
    matrix.set(await read('weight', [outputs, inputs]), i * outputs * inputs);
    if (part.bias) bias.set(await read('bias', [outputs]), i * outputs);
  }
  await writer.whole(biasName(layer), [rows], bias);
  if (forms.includes('f32') || forms.includes('f16')) {
    const turned = transpose(matrix, rows, inputs);
    if (forms.includes('f32')) await writer.single(matrixName(layer), [inputs, rows], turned);
    if (forms.includes('f16')) await writer.half(matrixName(layer), [inputs, rows], turned);
  }
  for (const form of blockForms(forms)) await writer.blocks(layer, form, matrix, [rows, inputs]);
  if (forms.includes('dynamic8')) await writer.dynamic(layer, matrix, [rows, inputs]);
}

function blockForms(forms: readonly Form[]): readonly BlockForm[] {
  return (['int8', 'int4'] as const).filter((form) => forms.includes(form));
}

function scaled(values: Float32Array, factor = 1): Float32Array {
  return factor === 1 ? values : values.map((value) => value * factor);
}
