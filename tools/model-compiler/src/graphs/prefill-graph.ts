import { GraphBuilder } from '../onnx/graph-builder.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { Precision } from '../whisper/weights.js';
import { crossInputs, crossLengthsInput, decoderStack, embedSequence } from './decoder-stack.js';
import { vocabularyLogits } from './layers.js';

/** tokens [b, p] → logits of the last position, logits at sot_index (no-speech and language probabilities), the self-attention cache. */
export function prefillGraph(weights: WeightIndex, dims: Dimensions, precision: Precision): Uint8Array {
  const g = GraphBuilder.create('prefill', weights);
  const { decoderHeads: heads, decoderWidth: width, vocabulary } = dims;
  const tokens = g.input('tokens', 'int64', ['b', 'p']);
  const sotIndex = g.input('sot_index', 'int64', [1]);
  crossInputs(g, dims);
  const crossLengths = crossLengthsInput(g);
  const present = (part: 'k' | 'v', l: number): string => `self_${part}_${l}`;
  const hidden = decoderStack(g, embedSequence(g, tokens), dims, { precision, present, crossLengths });
  const last = g.op('Sub', [g.op('Shape', [tokens], { start: 1, end: 2 }), g.ints([1])]);
  const wanted = g.op('Gather', [hidden, g.op('Concat', [last, sotIndex], { axis: 0 })], { axis: 1 });
  const logits = vocabularyLogits(g, wanted, { width, from: 0, to: vocabulary }, precision);
  g.op('Gather', [logits, g.int(0)], { axis: 1 }, 'logits');
  g.op('Gather', [logits, g.int(1)], { axis: 1 }, 'sot_logits');
  g.output('logits', 'float32', ['b', vocabulary]);
  g.output('sot_logits', 'float32', ['b', vocabulary]);
  for (let l = 0; l < dims.decoderLayers; l++) {
    for (const part of ['k', 'v'] as const)
      g.output(present(part, l), 'float32', ['b', heads, 'p', width / heads]);
  }
  return g.encode();
}
