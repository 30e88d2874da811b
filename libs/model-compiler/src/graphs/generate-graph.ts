import { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import type { ModelPrecision } from '../whisper/weight-forms.js';
import { decodeLoop, chooseFirstToken, type RowState } from './decode-graph.js';
import { cacheNames, inner, layout, ruleInputs, suppression } from './decode-state.js';
import type { RowContext } from './decoder-step.js';
import { crossLengthsInput } from './cross-attention.js';
import { promptInputs, readPrompt } from './prefill-graph.js';

/** Prefill and decode in one: prompts [b, p] → up to max_steps tokens of each row. For devices whose memory is not the host's, where
 *  every run's caches would travel there and back. */
export function generateGraph(
  weights: WeightIndex,
  dims: Dimensions,
  precision: ModelPrecision,
  tokens: SpecialTokens,
): Uint8Array {
  const g = GraphBuilder.create('generate', weights);
  promptInputs(g, dims, precision, 'prompt');
  ruleInputs(g, dims);
  g.input('temperature', 'float32', ['b', 1]);
  g.input('seed', 'int64', ['b', 1]);
  g.input('max_steps', 'int64', []);
  const crossLengths = crossLengthsInput(g);
  const { logits, sotLogits } = readPrompt(g, dims, precision, 'prompt', crossLengths);

  const rows = g.op('Shape', ['prompt'], { start: 0, end: 1 });
  const noPadding = g.op('Expand', [g.ints([0]), rows]);
  const column = (value: number): string =>
    g.op('Expand', [g.int(value), g.op('Concat', [rows, g.ints([1])], { axis: 0 })]);
  const fresh: RowState = {
    last_token: column(0),
    previous_token: column(0),
    last_timestamp: column(tokens.timestampBegin - 1),
    step: column(0),
    done: g.op('Cast', [column(0)], { to: ELEMENT.bool }),
  };
  const context: RowContext = {
    dims,
    precision,
    tokens,
    suppressed: suppression(g, tokens, dims.vocabulary),
    crossLengths,
    layout: layout(g, dims, precision, noPadding, inner('self_k_0', precision)),
  };
  const caches = cacheNames(dims).map((name) => inner(name, precision));
  const begun = chooseFirstToken(g, context, logits, fresh);
  decodeLoop(g, context, g.op('Sub', ['max_steps', g.int(1)]), begun, caches);
  g.output(g.op('Identity', [sotLogits], {}, 'sot_logits'), 'float32', ['b', dims.vocabulary]);
  return g.encode();
}
