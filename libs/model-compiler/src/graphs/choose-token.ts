import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import { uniformNoise } from './counter-noise.js';
import { FORBIDDEN, type RuledTokens } from './token-rules.js';

/** Chooses each row's token (decoding.py, GreedyDecoder): the most likely one at temperature 0, a draw above. Reads the inputs
 *  `temperature` and `seed` [r, 1].
 *  @returns the token [r, 1] and its log-probability among the allowed ones, temperature not applied */
export function chooseToken(
  g: GraphBuilder,
  tokens: SpecialTokens,
  ruled: RuledTokens,
  step: string,
): { token: string; logprob: string } {
  const sampled = g.subgraph('sample');
  drawToken(sampled, tokens, ruled, step);
  const greedy = g.subgraph('greedy');
  const { text, timestamps } = ruled.leading;
  greedy.output(greedy.op('Where', [ruled.stampWins, timestamps.tokens, text.tokens]), 'int64');
  greedy.output(greedy.op('Where', [ruled.stampWins, timestamps.logits, text.logits]), 'float32');
  const isAnyWarm = g.op('Greater', [g.op('ReduceMax', ['temperature'], { keepdims: 0 }), g.number(0)]);
  const [token, logit] = g.node('If', [isAnyWarm], [g.fresh('token'), g.fresh('logit')], {
    then_branch: sampled,
    else_branch: greedy,
  }) as [string, string];
  return { token, logprob: g.op('Sub', [logit, ruled.total]) };
}

/** A draw from softmax(logits / temperature): the arg-max after adding Gumbel noise. A row of temperature 0 gets no noise. */
function drawToken(g: GraphBuilder, tokens: SpecialTokens, ruled: RuledTokens, step: string): void {
  const forbidden = g.op('Or', [
    ruled.textForbidden,
    g.op('And', [ruled.pairOpen, beforeSpecials(g, tokens)]),
  ]);
  const text = g.op('Where', [forbidden, g.number(FORBIDDEN), ruled.text]);
  const logits = g.op('Concat', [text, ruled.timestamps], { axis: 1 });
  const uniform = uniformNoise(g, 'seed', step, g.op('Shape', [logits], { start: 1, end: 2 }));
  const noise = g.op('Neg', [g.op('Log', [g.op('Neg', [g.op('Log', [uniform])])])]);
  const warmed = g.op('Add', [logits, g.op('Mul', [noise, 'temperature'])]);
  const token = g.op('ArgMax', [warmed], { axis: 1, keepdims: 1 });
  g.output(token, 'int64');
  g.output(g.op('GatherElements', [logits, token], { axis: 1 }), 'float32');
}

/** [1, timestampBegin]: true for the text tokens proper, before end-of-text. */
function beforeSpecials(g: GraphBuilder, tokens: SpecialTokens): string {
  const ids = g.op('Range', [g.int(0), g.int(tokens.timestampBegin), g.int(1)]);
  return g.op('Less', [ids, g.int(tokens.eot)]);
}
