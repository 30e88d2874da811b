/** How soon a client wants its users' turns to end. */
export type Eagerness = 'low' | 'medium' | 'high';

interface Curve {
  /** Silence after a sentence that is surely finished, ms. */
  readonly shortest: number;
  /** Silence within one that surely is not, ms. */
  readonly longest: number;
  /** From this probability on the shortest silence ends the turn, up to this one the longest does; between them the logarithm of the
   *  silence falls with the probability. */
  readonly sure: number;
  readonly unsure: number;
  /** Without a model: the silence that ends every turn, ms. */
  readonly fixed: number;
}

/** Of `medium` the two probabilities were chosen on the observations of training (training/end-of-turn). */
const CURVES: Readonly<Record<Eagerness, Curve>> = {
  low: { shortest: 450, longest: 4000, sure: 0.8, unsure: 0.55, fixed: 1000 },
  medium: { shortest: 250, longest: 3100, sure: 0.7, unsure: 0.5, fixed: 500 },
  high: { shortest: 200, longest: 1500, sure: 0.5, unsure: 0.3, fixed: 350 },
};

/** @param probability  that the speaker has finished
 *  @returns the silence that ends the turn, ms */
export function pauseLimitMs(probability: number, eagerness: Eagerness): number {
  const { shortest, longest, sure, unsure } = CURVES[eagerness];
  const share = Math.min(1, Math.max(0, (sure - probability) / (sure - unsure)));
  return Math.round(shortest * (longest / shortest) ** share);
}

/** The silence of a pause of which nothing is known yet, ms. */
export function longestPauseMs(eagerness: Eagerness): number {
  return CURVES[eagerness].longest;
}

/** The silence that ends every turn where no model can be asked, ms. */
export function fixedPauseMs(eagerness: Eagerness): number {
  return CURVES[eagerness].fixed;
}
