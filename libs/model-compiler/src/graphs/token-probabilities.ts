import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { DecoderContext } from './decoder-step.js';
import { vocabularyLogits } from './layers.js';

/** Positions looked at together: the logits of a whole window would be tens of megabytes, twice. */
const POSITIONS = 32;

/**
 * Probability of each next token among the text tokens (openai/whisper, timing.py, find_alignment). Special tokens have none: their
 * places hold that of the last text token and mean nothing.
 * @param hidden [b, n, width], what the decoder makes of the tokens
 * @param ids int64 [b, n]
 * @param output [b, n − 1]
 */
export function tokenProbabilities(
  g: GraphBuilder,
  { hidden, ids }: { readonly hidden: string; readonly ids: string },
  { dims, tokens, precision }: Pick<DecoderContext, 'dims' | 'tokens' | 'precision'>,
  output: string,
): void {
  const next = g.op('Slice', [ids, g.ints([1]), g.ints([dims.decoderContext + 1]), g.ints([1])]);
  const index = g.op('Min', [next, g.int(tokens.eot - 1)]);
  const count = g.op('Shape', [next], { start: 1, end: 2 });
  const body = g.subgraph('some_positions');
  const from = body.op('Mul', [body.input('iteration', 'int64', []), g.ints([POSITIONS])]);
  const to = body.op('Min', [body.op('Add', [from, g.ints([POSITIONS])]), count]);
  body.input('running', 'bool', []);
  const known = body.input('probabilities', 'float32', ['b', 'm']);
  const some = (of: string): string => body.op('Slice', [of, from, to, g.ints([1])]);
  const logits = vocabularyLogits(
    body,
    some(hidden),
    { width: dims.decoderWidth, from: 0, to: tokens.eot },
    precision,
  );
  const shares = body.op('Softmax', [logits], { axis: -1 });
  const indices = body.op('Unsqueeze', [some(index), g.ints([2])]);
  const found = body.op('Squeeze', [body.op('GatherElements', [shares, indices], { axis: 2 }), g.ints([2])]);
  body.output(body.op('Identity', ['running']), 'bool');
  body.output(body.op('Concat', [known, found], { axis: 1 }), 'float32');

  const rounds = g.op('Div', [g.op('Add', [count, g.ints([POSITIONS - 1])]), g.ints([POSITIONS])]);
  const none = g.op('Cast', [g.op('Slice', [next, g.ints([0]), g.ints([0]), g.ints([1])])], {
    to: ELEMENT.float32,
  });
  g.node('Loop', [g.op('Squeeze', [rounds]), '', none], [output], { body });
}
