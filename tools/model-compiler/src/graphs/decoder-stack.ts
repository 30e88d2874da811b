import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import type { Dimensions } from '../whisper/dimensions.js';
import { EMBEDDING, JOINED, type Precision } from '../whisper/weights.js';
import { addAndNorm, geluLinear, layerNorm, linear, project } from './layers.js';

/** What differs between the graphs that run the decoder's layers. */
export interface StackOptions {
  readonly precision: Precision;
  /** Names of the self-attention cache before this call; absent when the tokens start the sequence. */
  readonly past?: (part: 'k' | 'v', layer: number) => string;
  /** Names to give to the cache after this call. */
  readonly present: (part: 'k' | 'v', layer: number) => string;
  /** Called with each layer's audio attention scores [b, heads, n, frames], scaled, before softmax. */
  readonly onScores?: (layer: number, scores: string) => void;
}

export const crossName = (part: 'k' | 'v', layer: number): string => `cross_${part}_${layer}`;

/** Token and position embeddings: tokens [b, n] at positions from `start` [1] → [b, n, width]. */
export function embedTokens(g: GraphBuilder, tokens: string, start: string): string {
  const embedded = g.op('Gather', [g.weight(`${EMBEDDING}.weight`), tokens]);
  const end = g.op('Add', [start, g.op('Shape', [tokens], { start: 1, end: 2 })]);
  return g.op('Add', [
    embedded,
    g.op('Slice', [g.weight('decoder.embed_positions.weight'), start, end, g.ints([0])]),
  ]);
}

/** All decoder layers over embedded tokens [b, n, width] → hidden states after the last norm. Reads cross_k_l and cross_v_l. */
export function decoderStack(
  g: GraphBuilder,
  embedded: string,
  dims: Dimensions,
  options: StackOptions,
): string {
  const { decoderWidth: width, decoderFeedForward: inner } = dims;
  const square = { inputs: width, outputs: width };
  let residual = embedded;
  let normal = layerNorm(g, residual, 'decoder.layers.0.self_attn_layer_norm');
  for (let l = 0; l < dims.decoderLayers; l++) {
    const block = `decoder.layers.${l}`;
    const heard = selfAttention(g, normal, l, dims, options);
    const selfOut = project(g, heard, `${block}.self_attn.out_proj`, square, options.precision);
    ({ normal, residual } = addAndNorm(
      g,
      residual,
      selfOut,
      `${block}.self_attn.out_proj`,
      `${block}.encoder_attn_layer_norm`,
    ));
    const looked = crossAttention(g, normal, l, dims, options);
    const crossOut = project(g, looked, `${block}.encoder_attn.out_proj`, square, options.precision);
    ({ normal, residual } = addAndNorm(
      g,
      residual,
      crossOut,
      `${block}.encoder_attn.out_proj`,
      `${block}.final_layer_norm`,
    ));
    const hidden = geluLinear(
      g,
      normal,
      `${block}.fc1`,
      { inputs: width, outputs: inner },
      options.precision,
    );
    const fed = project(g, hidden, `${block}.fc2`, { inputs: inner, outputs: width }, options.precision);
    const next =
      l + 1 < dims.decoderLayers ? `decoder.layers.${l + 1}.self_attn_layer_norm` : 'decoder.layer_norm';
    ({ normal, residual } = addAndNorm(g, residual, fed, `${block}.fc2`, next));
  }
  return normal;
}

/** Causal attention over the tokens so far. */
function selfAttention(
  g: GraphBuilder,
  x: string,
  l: number,
  dims: Dimensions,
  options: StackOptions,
): string {
  const { decoderWidth: width, decoderHeads } = dims;
  const joined = linear(
    g,
    x,
    `decoder.layers.${l}.${JOINED}`,
    { inputs: width, outputs: 3 * width },
    options.precision,
  );
  const parts = [g.fresh('query'), g.fresh('key'), g.fresh('value')];
  g.node('Split', [joined], parts, { axis: -1, num_outputs: 3 });
  const past = options.past ? ['', '', '', options.past('k', l), options.past('v', l)] : [];
  const attended = g.fresh('self_attention');
  // DecoderMaskedMultiHeadAttention would be the natural operator, but with an empty past it corrupts memory on CPU.
  g.contribNode(
    'MultiHeadAttention',
    [...parts, ...past],
    [attended, options.present('k', l), options.present('v', l)],
    {
      num_heads: decoderHeads,
      unidirectional: 1,
      scale: headScale(dims),
    },
  );
  return attended;
}

/** Attention over the audio's keys and values. */
function crossAttention(
  g: GraphBuilder,
  x: string,
  l: number,
  dims: Dimensions,
  options: StackOptions,
): string {
  const { decoderWidth: width, decoderHeads } = dims;
  const query = linear(
    g,
    x,
    `decoder.layers.${l}.encoder_attn.q_proj`,
    { inputs: width, outputs: width },
    options.precision,
  );
  const attended = g.fresh('cross_attention');
  const scores = g.fresh('scores');
  const outputs = options.onScores ? [attended, '', '', scores] : [attended];
  g.contribNode('MultiHeadAttention', [query, crossName('k', l), crossName('v', l)], outputs, {
    num_heads: decoderHeads,
    scale: headScale(dims),
  });
  if (options.onScores) {
    g.declare(scores, 'float32');
    options.onScores(l, scores);
  }
  return attended;
}

const headScale = (dims: Dimensions): ReturnType<typeof float> =>
  float((dims.decoderWidth / dims.decoderHeads) ** -0.5);

/** Declares cross_k_l and cross_v_l as inputs. */
export function crossInputs(g: GraphBuilder, dims: Dimensions): void {
  const headWidth = dims.decoderWidth / dims.decoderHeads;
  for (let l = 0; l < dims.decoderLayers; l++) {
    for (const part of ['k', 'v'] as const)
      g.input(crossName(part, l), 'float32', ['b', dims.decoderHeads, 'frames', headWidth]);
  }
}
