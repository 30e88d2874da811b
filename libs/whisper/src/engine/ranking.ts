/** A text and how likely it is. */
export interface Hypothesis {
  /** Without the end token. */
  readonly tokens: readonly number[];
  /** Sum of the log-probabilities of its tokens and of the end token. */
  readonly sum: number;
}

/**
 * The likeliest for its length, the first among equals (openai/whisper, decoding.py, MaximumLikelihoodRanker).
 * @param lengthPenalty exponent (arXiv:1609.08144); undefined: mean log-probability
 */
export function likeliest(hypotheses: readonly Hypothesis[], lengthPenalty: number | undefined): Hypothesis {
  const score = ({ tokens, sum }: Hypothesis): number =>
    // The reference divides by zero where a text is empty; here it counts as one token.
    sum /
    (lengthPenalty === undefined ? Math.max(1, tokens.length) : ((5 + tokens.length) / 6) ** lengthPenalty);
  return hypotheses.reduce((best, next) => (score(next) > score(best) ? next : best));
}
