import { GraphBuilder } from '../onnx/graph-builder.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { ModelPrecision } from '../whisper/weight-forms.js';
import { cacheNames, inner, leaveCaches } from './decode-state.js';
import { crossInputs, crossLengthsInput } from './cross-attention.js';
import { decoderStack, embedSequence } from './decoder-stack.js';
import { vocabularyLogits } from './layers.js';

/** tokens [b, p] → logits of the last position, logits at sot_index (no-speech and language probabilities), the self-attention cache. */
export function prefillGraph(weights: WeightIndex, dims: Dimensions, precision: ModelPrecision): Uint8Array {
  const g = GraphBuilder.create('prefill', weights);
  promptInputs(g, dims, precision, 'tokens');
  const { logits, sotLogits } = readPrompt(g, dims, precision, 'tokens', crossLengthsInput(g));
  g.output(g.op('Identity', [logits], {}, 'logits'), 'float32', ['b', dims.vocabulary]);
  g.output(g.op('Identity', [sotLogits], {}, 'sot_logits'), 'float32', ['b', dims.vocabulary]);
  leaveCaches(g, dims, precision, cacheNames(dims), ['b', 'p']);
  return g.encode();
}

/** Declares the prompt [b, p], sot_index and cross_*. */
export function promptInputs(
  g: GraphBuilder,
  dims: Dimensions,
  precision: ModelPrecision,
  prompt: string,
): void {
  g.input(prompt, 'int64', ['b', 'p']);
  g.input('sot_index', 'int64', [1]);
  crossInputs(g, dims, precision);
}

/** Runs the prompt through the decoder; the caches get the inner names of self_*.
 *  @returns logits [b, V] of the last position and of sot_index */
export function readPrompt(
  g: GraphBuilder,
  dims: Dimensions,
  precision: ModelPrecision,
  prompt: string,
  crossLengths: string,
): { readonly logits: string; readonly sotLogits: string } {
  const present = (part: 'k' | 'v', l: number): string => inner(`self_${part}_${l}`, precision);
  const hidden = decoderStack(g, embedSequence(g, prompt, dims, precision), dims, {
    precision,
    present,
    crossLengths,
  });
  const last = g.op('Sub', [g.op('Shape', [prompt], { start: 1, end: 2 }), g.ints([1])]);
  const wanted = g.op('Gather', [hidden, g.op('Concat', [last, 'sot_index'], { axis: 0 })], { axis: 1 });
  const vocabulary = { width: dims.decoderWidth, from: 0, to: dims.vocabulary };
  const logits = vocabularyLogits(g, wanted, vocabulary, precision);
  return {
    logits: g.op('Gather', [logits, g.int(0)], { axis: 1 }),
    sotLogits: g.op('Gather', [logits, g.int(1)], { axis: 1 }),
  };
}
