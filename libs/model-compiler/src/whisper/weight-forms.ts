import { AppError } from '@parlance/errors';

/** What a compiled model can hold: `f32` and `int8` by default, the others on request. */
export const PRECISIONS = ['f32', 'int8', 'int4', 'f16'] as const;
/** Form of the decoder's matrices. */
export type ModelPrecision = (typeof PRECISIONS)[number];
export const DEFAULT_PRECISIONS: readonly ModelPrecision[] = ['f32', 'int8'];

/** Reads a list such as `f32,int8`.
 *  @throws AppError request.invalid */
export function precisionList(text: string): readonly ModelPrecision[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !PRECISIONS.some((precision) => precision === name));
  if (unknown !== undefined)
    throw new AppError(
      'request.invalid',
      `'${unknown}' is no precision; there are ${PRECISIONS.join(', ')}.`,
    );
  return names as readonly ModelPrecision[];
}

/** Form of a stored matrix: whole, in blocks of 8 or 4 bits, or 8-bit by output for dynamically quantised products. */
export type Form = ModelPrecision | 'dynamic8';

/** The encoder's form beside a decoder's: blocks of few bits are for single rows, and an encoder has hundreds. */
export const ENCODER_FORM: Readonly<Record<ModelPrecision, Form>> = {
  f32: 'f32',
  int8: 'dynamic8',
  int4: 'dynamic8',
  f16: 'f16',
};

/** What the graphs of a precision compute in between their matrices. */
export function elementOf(form: Form): 'float32' | 'float16' {
  return form === 'f16' ? 'float16' : 'float32';
}

/** Bits of a form in blocks. */
export const BLOCK_BITS = { int8: 8, int4: 4 } as const;
/** What stands for zero in blocks of 8 bits. */
export const BLOCK_ZERO = 128;
export type BlockForm = keyof typeof BLOCK_BITS;

/** Names of a linear layer's stored forms; graphs ask for the form they compute in. */
export const matrixName = (layer: string): string => `${layer}.matrix`;
export const biasName = (layer: string): string => `${layer}.bias`;
export const blockValuesName = (layer: string, form: BlockForm): string => `${layer}.${form}`;
export const blockScalesName = (layer: string, form: BlockForm): string => `${layer}.${form}_scales`;
export const dynamicNames = (
  layer: string,
): readonly [values: string, scales: string, zeroPoints: string] => [
  `${layer}.dynamic8`,
  `${layer}.dynamic8_scales`,
  `${layer}.dynamic8_zero_points`,
];
/** Every weight of the f16 graphs, by its usual name behind this. */
export const HALF = 'f16/';

/** Query, key and value projections of a decoder's self-attention, joined so that a step reads its input once. */
export const JOINED = 'self_attn.qkv_proj';
export const EMBEDDING = 'decoder.embed_tokens';

/** Form in which a precision looks tokens up and multiplies by the vocabulary. With 4 bits there tiny.en had 4.9 % of 9,878 words wrong,
 *  with 8 bits 4.1; in single precision 4.2. */
export const vocabularyForm = (precision: ModelPrecision): Exclude<ModelPrecision, 'int4'> =>
  precision === 'int4' ? 'int8' : precision;

/** Values of a layer that share a scale. The vocabulary's product, the largest by far, is a sixth faster by 64 in 8 bits; in the layers
 *  before it coarser scales would add up. By 128 several rows are summed in another order than one: a text would depend on its batch.
 *  Of 4 bits a scale reaches no further than 16 values: by 32 the same words were 6.2 % wrong. */
export const blockLength = (layer: string, form: BlockForm): number =>
  layer === EMBEDDING ? 64 : form === 'int4' ? 16 : 32;
