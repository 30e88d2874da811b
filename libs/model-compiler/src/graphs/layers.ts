import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import {
  biasName,
  BLOCK_BITS,
  blockLength,
  blockScalesName,
  blockValuesName,
  dynamicNames,
  EMBEDDING,
  matrixName,
  vocabularyForm,
  type BlockForm,
  type Form,
  type ModelPrecision,
} from '../whisper/weight-forms.js';

/** PyTorch's default for LayerNorm, which Whisper keeps. */
const EPSILON = 1e-5;
/** MatMulNBits computes in 8-bit integers: activations are quantised by block as well. */
const INTEGER_ACCURACY = 4;

export interface Shape {
  readonly inputs: number;
  readonly outputs: number;
}

/** x·W without the bias, which the following operator adds. */
export function project(g: GraphBuilder, x: string, layer: string, shape: Shape, form: Form): string {
  if (form === 'f32' || form === 'f16') return g.op('MatMul', [x, g.weight(matrixName(layer))]);
  if (form === 'dynamic8') return dynamicMatMul(g, x, layer);
  return blockMatMul(g, x, layer, shape, form);
}

/** x·W + b for x of any rank. */
export function linear(g: GraphBuilder, x: string, layer: string, shape: Shape, form: Form): string {
  const bias = g.weight(biasName(layer));
  if (form === 'f32' || form === 'f16') return g.op('Add', [project(g, x, layer, shape, form), bias]);
  if (form === 'dynamic8') return dynamicMatMul(g, x, layer, bias);
  return blockMatMul(g, x, layer, shape, form, { bias });
}

/** gelu(x·W₁ + b₁)·W₂ + b₂, with the exact (erf) form of GELU that Whisper was trained with. Whole matrices run as Gemm on
 *  [rows, inputs], which adds its bias for nothing: the runtime fuses an Add before a Gelu to BiasGelu, which takes twice as long. */
export function feedForward(
  g: GraphBuilder,
  x: string,
  block: string,
  { inputs, outputs: inner }: Shape,
  form: Form,
): string {
  if (form !== 'f32' && form !== 'f16') {
    const hidden = g.op('Gelu', [linear(g, x, `${block}.fc1`, { inputs, outputs: inner }, form)]);
    return linear(g, hidden, `${block}.fc2`, { inputs: inner, outputs: inputs }, form);
  }
  const gemm = (rows: string, layer: string): string =>
    g.op('Gemm', [rows, g.weight(matrixName(layer)), g.weight(biasName(layer))]);
  const hidden = g.op('Gelu', [gemm(g.op('Reshape', [x, g.ints([-1, inputs])]), `${block}.fc1`)]);
  return g.op('Reshape', [gemm(hidden, `${block}.fc2`), g.op('Shape', [x])]);
}

/** Logits (float32) of a run of token ids, with the tied embedding as output projection.
 *  @param x [n, width], or of any rank where there is no bias
 *  @param bias [to − from], added by the product itself */
export function vocabularyLogits(
  g: GraphBuilder,
  x: string,
  { width, from, to }: { readonly width: number; readonly from: number; readonly to: number },
  precision: ModelPrecision,
  bias?: string,
): string {
  const form = vocabularyForm(precision);
  if (form === 'int8')
    return blockMatMul(g, x, EMBEDDING, { inputs: width, outputs: to - from }, form, {
      from,
      ...(bias !== undefined && { bias }),
    });
  const rows = g.weightRows(`${EMBEDDING}.weight`, from, to);
  if (form === 'f32' && bias !== undefined) return g.op('Gemm', [x, rows, bias], { transB: 1 });
  const product = g.contrib('FusedMatMul', [x, rows], { transB: 1 });
  const logits = form === 'f16' ? g.op('Cast', [product], { to: ELEMENT.float32 }) : product;
  return bias === undefined ? logits : g.op('Add', [logits, bias]);
}

export function layerNorm(g: GraphBuilder, x: string, name: string): string {
  return g.op('LayerNormalization', [x, g.weight(`${name}.weight`), g.weight(`${name}.bias`)], {
    axis: -1,
    epsilon: float(EPSILON),
  });
}

/** Adds a sub-layer's output to the residual stream and normalises the sum. Two operators: SkipLayerNormalization is not vectorised
 *  and takes five times as long.
 *  @returns the normalised sum, and the sum itself for the next residual */
export function addAndNorm(
  g: GraphBuilder,
  residual: string,
  output: string,
  norm: string,
): { readonly normal: string; readonly residual: string } {
  const sum = g.op('Add', [residual, output]);
  return { normal: layerNorm(g, sum, norm), residual: sum };
}

/** [b, n, heads·h] → [b, heads, n, h]. */
export function splitHeads(
  g: GraphBuilder,
  x: string,
  heads: number,
  headWidth: number,
  output?: string,
): string {
  return g.op(
    'Transpose',
    [g.op('Reshape', [x, g.ints([0, 0, heads, headWidth])])],
    { perm: [0, 2, 1, 3] },
    output,
  );
}

/** Each product quantises its input; the runtime does that once for all that share an input. */
function dynamicMatMul(g: GraphBuilder, x: string, layer: string, bias?: string): string {
  const quantised = [g.fresh('quantised'), g.fresh('scale'), g.fresh('zero_point')] as const;
  g.node('DynamicQuantizeLinear', [x], quantised);
  const matrix = dynamicNames(layer).map((name) => g.weight(name));
  const operands = [0, 1, 2].flatMap((part) => [quantised[part]!, matrix[part]!]);
  return g.contrib('MatMulIntegerToFloat', bias === undefined ? operands : [...operands, bias]);
}

/** @param rows from which output on, and what is added to them */
function blockMatMul(
  g: GraphBuilder,
  x: string,
  layer: string,
  { inputs, outputs }: Shape,
  form: BlockForm,
  { from = 0, bias }: { readonly from?: number; readonly bias?: string } = {},
): string {
  const blocks = Math.ceil(inputs / blockLength(layer, form));
  const operands = [
    x,
    g.weightRows(blockValuesName(layer, form), from, from + outputs),
    g.weightRows(blockScalesName(layer, form), from * blocks, (from + outputs) * blocks),
  ];
  return g.contrib('MatMulNBits', bias === undefined ? operands : [...operands, '', '', bias], {
    K: inputs,
    N: outputs,
    bits: BLOCK_BITS[form],
    block_size: blockLength(layer, form),
    accuracy_level: INTEGER_ACCURACY,
  });
}
