import type { Dimensions } from './dimensions.js';
import { ENCODER_FORM, JOINED, type Form, type ModelPrecision } from './weight-forms.js';

export interface Part {
  readonly source: string;
  readonly bias: boolean;
  /** Multiplies weights and bias; 1 where absent. */
  readonly factor?: number;
}

/** A linear layer: its checkpoint tensors are stacked along the output axis. */
export interface Linear {
  readonly layer: string;
  readonly parts: readonly Part[];
  readonly inputs: number;
  /** Outputs of each part. */
  readonly outputs: number;
  readonly forms: readonly Form[];
}

export interface Plain {
  readonly tensor: string;
  readonly shape: readonly number[];
}

/** Tensors that are stored as they are. */
export function plainTensors(dims: Dimensions): readonly Plain[] {
  const { encoderWidth: width, decoderWidth } = dims;
  const norm = (name: string, size: number): Plain[] =>
    ['weight', 'bias'].map((part) => ({ tensor: `${name}.${part}`, shape: [size] }));
  const layers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return [
    { tensor: 'encoder.conv1.weight', shape: [width, dims.mels, 3] },
    { tensor: 'encoder.conv1.bias', shape: [width] },
    { tensor: 'encoder.conv2.weight', shape: [width, width, 3] },
    { tensor: 'encoder.conv2.bias', shape: [width] },
    { tensor: 'encoder.embed_positions.weight', shape: [dims.encoderContext, width] },
    ...layers(dims.encoderLayers).flatMap((l) => [
      ...norm(`encoder.layers.${l}.self_attn_layer_norm`, width),
      ...norm(`encoder.layers.${l}.final_layer_norm`, width),
    ]),
    ...norm('encoder.layer_norm', width),
    { tensor: 'decoder.embed_positions.weight', shape: [dims.decoderContext, decoderWidth] },
    ...layers(dims.decoderLayers).flatMap((l) => [
      ...norm(`decoder.layers.${l}.self_attn_layer_norm`, decoderWidth),
      ...norm(`decoder.layers.${l}.encoder_attn_layer_norm`, decoderWidth),
      ...norm(`decoder.layers.${l}.final_layer_norm`, decoderWidth),
    ]),
    ...norm('decoder.layer_norm', decoderWidth),
  ];
}

export function linearLayers(dims: Dimensions, precisions: readonly ModelPrecision[]): readonly Linear[] {
  const one = (
    layer: string,
    inputs: number,
    outputs: number,
    forms: readonly Form[],
    part: Omit<Part, 'source'> = { bias: true },
  ): Linear => ({
    layer,
    parts: [{ source: layer, ...part }],
    inputs,
    outputs,
    forms,
  });
  const encoder = [...new Set<Form>(['f32', ...precisions.map((precision) => ENCODER_FORM[precision])])];
  const linears: Linear[] = [];
  for (let l = 0; l < dims.encoderLayers; l++) {
    const block = `encoder.layers.${l}`;
    const width = dims.encoderWidth;
    for (const part of ['q', 'k', 'v'])
      linears.push(one(`${block}.self_attn.${part}_proj`, width, width, encoder, { bias: part !== 'k' }));
    linears.push(one(`${block}.self_attn.out_proj`, width, width, encoder));
    linears.push(one(`${block}.fc1`, width, dims.encoderFeedForward, encoder));
    linears.push(one(`${block}.fc2`, dims.encoderFeedForward, width, encoder));
  }
  for (let l = 0; l < dims.decoderLayers; l++) {
    const block = `decoder.layers.${l}`;
    const width = dims.decoderWidth;
    // Queries are scaled here and not in each step: exact where a head is 64 wide, as in every Whisper.
    const queryFactor = (width / dims.decoderHeads) ** -0.5;
    const parts = ['q', 'k', 'v'].map((part) => ({
      source: `${block}.self_attn.${part}_proj`,
      bias: part !== 'k',
      ...(part === 'q' && { factor: queryFactor }),
    }));
    linears.push({ layer: `${block}.${JOINED}`, parts, inputs: width, outputs: width, forms: precisions });
    linears.push(one(`${block}.self_attn.out_proj`, width, width, precisions));
    linears.push(
      one(`${block}.encoder_attn.q_proj`, width, width, precisions, { bias: true, factor: queryFactor }),
    );
    linears.push(one(`${block}.encoder_attn.k_proj`, dims.encoderWidth, width, encoder, { bias: false }));
    linears.push(one(`${block}.encoder_attn.v_proj`, dims.encoderWidth, width, encoder));
    linears.push(one(`${block}.encoder_attn.out_proj`, width, width, precisions));
    linears.push(one(`${block}.fc1`, width, dims.decoderFeedForward, precisions));
    linears.push(one(`${block}.fc2`, dims.decoderFeedForward, width, precisions));
  }
  return linears;
}
