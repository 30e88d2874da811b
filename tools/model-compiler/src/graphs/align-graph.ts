import { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import type { Precision } from '../whisper/weight-forms.js';
import { alignmentCost } from './alignment-cost.js';
import { crossInputs, decoderStack, embedSequence } from './decoder-stack.js';
import { vocabularyLogits } from './layers.js';

/** tokens [b, n] → attention [b, alignment heads, n, frames] (scaled scores before softmax), cost [b, n, heard] of each token at
 *  each position, and token_probs [b, n − 1]: the probability of each next token among the text tokens (openai/whisper, timing.py
 *  find_alignment). */
export function alignGraph(
  weights: WeightIndex,
  dims: Dimensions,
  precision: Precision,
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
  g.op('Cast', [g.op('Concat', selected, { axis: 1 })], { to: ELEMENT.float32 }, 'attention');
  g.output('attention', 'float32', ['b', alignmentHeads.length, 'n', 'frames']);
  alignmentCost(g, 'attention', g.input('heard', 'int64', [1]), 'cost');
  g.output('cost', 'float32', ['b', 'n', 'heard']);

  const before = g.op('Slice', [hidden, g.ints([0]), g.ints([-1]), g.ints([1])]);
  const textOnly = { width: dims.decoderWidth, from: 0, to: tokens.eot };
  const logits = vocabularyLogits(g, before, textOnly, precision);
  const text = g.op('Softmax', [logits], { axis: -1 });
  const next = g.op('Slice', [ids, g.ints([1]), g.ints([dims.decoderContext + 1]), g.ints([1])]);
  // Special tokens have no probability among text tokens; their places hold that of the last text token and mean nothing.
  const index = g.op('Unsqueeze', [g.op('Min', [next, g.int(tokens.eot - 1)]), g.ints([2])]);
  g.op('Squeeze', [g.op('GatherElements', [text, index], { axis: 2 }), g.ints([2])], {}, 'token_probs');
  g.output('token_probs', 'float32', ['b', 'm']);
  return g.encode();
}
