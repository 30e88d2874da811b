import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import { FORBIDDEN, type RuledTokens } from './token-rules.js';

/** Candidates of each audio, best first: [c, n] each. */
export interface RankedBeams {
  readonly scores: string;
  readonly tokens: string;
  /** Which of the audio's beams the candidate goes on from. */
  readonly parents: string;
}

/** The beams of one step, [c, k] each. */
export interface BeamChoice {
  readonly scores: string;
  readonly tokens: string;
  readonly parents: string;
  /** Sequences that end here, best first; FORBIDDEN where there are no more. */
  readonly finishedScores: string;
  readonly finishedParents: string;
}

/** Sizes that all steps of a run share, int64 [1] each unless said. */
export interface BeamCounts {
  /** k. */
  readonly count: string;
  /** How many of a beam's best tokens of every range are looked at, k + 1: one of them may end the text. */
  readonly continuations: string;
  /** How many continuations of a beam are ranked, 2(k + 1): those of both ranges. */
  readonly candidates: string;
  /** Shape [c, k·2(k + 1)], int64 [2]. */
  readonly candidateShape: string;
  /** How many of an audio's are ranked, 2·k. */
  readonly ranked: string;
}

/** The 2·k best continuations of each audio's beams: enough, since at most k of them end the text.
 *  @param ruled  its `leading` holds so many `continuations`
 *  @param scores sum of log-probabilities of each beam so far, [c, k] */
export function rankContinuations(
  g: GraphBuilder,
  ruled: RuledTokens,
  scores: string,
  { candidates, candidateShape, ranked }: BeamCounts,
): RankedBeams {
  const { text, timestamps } = ruled.leading;
  const allowedText = g.op('Where', [ruled.textForbidden, g.number(FORBIDDEN), text.logits]);
  const logits = g.op('Concat', [allowedText, timestamps.logits], { axis: 1 });
  const ids = g.op('Concat', [text.tokens, timestamps.tokens], { axis: 1 });

  // [r, 2(k + 1)] with r = c·k becomes [c, k·2(k + 1)].
  const sums = g.op('Add', [g.op('Sub', [logits, ruled.total]), g.op('Reshape', [scores, g.ints([-1, 1])])]);
  const best = g.fresh('best');
  const indices = g.fresh('places');
  g.node('TopK', [g.op('Reshape', [sums, candidateShape]), ranked], [best, indices], { axis: 1 });
  return {
    scores: best,
    tokens: g.op('GatherElements', [g.op('Reshape', [ids, candidateShape]), indices], { axis: 1 }),
    parents: g.op('Div', [indices, candidates]),
  };
}

/** From the best candidate down, those that end the text are finished and the others become the next beams, until there are k
 *  (decoding.py, BeamSearchDecoder.update). */
export function chooseBeams(
  g: GraphBuilder,
  tokens: SpecialTokens,
  ranked: RankedBeams,
  beams: string,
): BeamChoice {
  const ends = g.op('Equal', [ranked.tokens, g.int(tokens.eot)]);
  const goesOn = g.op('Cast', [g.op('Not', [ends])], { to: ELEMENT.int64 });
  const upToHere = g.op('CumSum', [goesOn, g.int(1)]);
  const before = g.op('Sub', [upToHere, goesOn]);
  const inTime = g.op('Less', [before, beams]);
  const taken = firstOf(g, g.op('And', [g.op('Not', [ends]), inTime]), ranked.scores, beams);
  const finished = firstOf(g, g.op('And', [ends, inTime]), ranked.scores, beams);
  const at = (values: string, { indices }: { indices: string }): string =>
    g.op('GatherElements', [values, indices], { axis: 1 });
  return {
    scores: taken.scores,
    tokens: at(ranked.tokens, taken),
    parents: at(ranked.parents, taken),
    finishedScores: finished.scores,
    finishedParents: at(ranked.parents, finished),
  };
}

/** The first k of the chosen candidates in their order; others get FORBIDDEN. Candidates are sorted: the best chosen are the first. */
function firstOf(
  g: GraphBuilder,
  chosen: string,
  scores: string,
  beams: string,
): { readonly scores: string; readonly indices: string } {
  const values = g.fresh('scores');
  const indices = g.fresh('places');
  const masked = g.op('Where', [chosen, scores, g.number(2 * FORBIDDEN)]);
  g.node('TopK', [masked, beams], [values, indices], { axis: 1 });
  return { scores: g.op('Max', [values, g.number(FORBIDDEN)]), indices };
}
