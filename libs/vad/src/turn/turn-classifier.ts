import type { TextEnding } from './text-ending.js';
import { ACOUSTIC_TERMS, TEXT_TERMS, type Terms } from './turn-classifier.data.js';

/** What is known of a pause. */
export interface PauseEvidence {
  /** Smart Turn's probability that the speaker has finished. */
  readonly probability: number;
  /** Of the text up to the pause; undefined until it is decoded. */
  readonly text?: TextEnding | undefined;
}

/** Probabilities beyond this and its complement say no more than it. */
const SUREST = 0.999;

/** The terms of the classifier, by name. What stands here is what training/end-of-turn learns the weights of. */
export function turnTerms(evidence: PauseEvidence): Readonly<Record<string, number>> {
  const { text } = evidence;
  const p = Math.min(SUREST, Math.max(1 - SUREST, evidence.probability));
  return {
    smartTurn: Math.log(p / (1 - p)),
    endsSentence: Number(text?.endsSentence ?? false),
    isOpen: Number(text?.isOpen ?? false),
    isHanging: Number(text?.isHanging ?? false),
  };
}

/** How likely the speaker has finished: a logistic regression over `turnTerms`, one for sound alone and one for sound and text. */
export function turnProbability(evidence: PauseEvidence): number {
  const weights: Terms = evidence.text ? TEXT_TERMS : ACOUSTIC_TERMS;
  const terms = turnTerms(evidence);
  let sum = weights.bias;
  for (const [name, weight] of Object.entries(weights.terms)) sum += weight * (terms[name] ?? 0);
  return 1 / (1 + Math.exp(-sum));
}
