import { GraphBuilder } from '../onnx/graph-builder.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import type { ModelPrecision } from '../whisper/weight-forms.js';
import { alignmentCost } from './alignment-cost.js';
import { inner, leave } from './decode-state.js';
import { crossInputs } from './cross-attention.js';
import { decoderStack, embedSequence } from './decoder-stack.js';
import { tokenProbabilities } from './token-probabilities.js';

/** tokens [b, n] → attention [b, alignment heads, n, frames] (scaled scores before softmax), cost [b, n, positions] of each token at
 *  each position, and token_probs [b, n − 1]: the probability of each next token among the text tokens (openai/whisper, timing.py
 *  find_alignment). */
export function alignGraph(
  weights: WeightIndex,
  dims: Dimensions,
  precision: ModelPrecision,
  tokens: SpecialTokens,
  alignmentHeads: readonly (readonly [layer: number, head: number])[],
): Uint8Array {
  const g = GraphBuilder.create('align', weights);
  const ids = g.input('tokens', 'int64', ['b', 'n']);
  crossInputs(g, dims, precision);
  const selected: string[] = [];
  const onScores = (layer: number, scores: string): void => {
    const heads = alignmentHeads.filter(([of]) => of === layer).map(([, head]) => head);
    if (heads.length > 0) selected.push(g.op('Gather', [scores, g.ints(heads)], { axis: 1 }));
  };
  const present = (part: 'k' | 'v', l: number): string => `unused_${part}_${l}`;
  const hidden = decoderStack(g, embedSequence(g, ids, dims, precision), dims, {
    precision,
    present,
    onScores,
  });
  g.op('Concat', selected, { axis: 1 }, inner('attention', precision));
  leave(g, precision, 'attention', ['b', alignmentHeads.length, 'n', 'frames']);
  alignmentCost(g, 'attention', alignmentHeads.length, g.input('heard', 'int64', [1]), 'cost');
  g.output('cost', 'float32', ['b', 'n', 'heard']);

  tokenProbabilities(g, { hidden, ids }, { dims, tokens, precision }, 'token_probs');
  g.output('token_probs', 'float32', ['b', 'm']);
  return g.encode();
}
