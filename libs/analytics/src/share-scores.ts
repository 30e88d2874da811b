/** A share of words as a score of 100, with its 95 % interval. */
export interface ShareScore {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Of the normal distribution, for 95 %. */
const Z = 1.96;
const FULL = 100;

/**
 * How much of the text a listener would write down as it was meant: intelligibility (M. Munro and T. Derwing, "Foreign accent,
 * comprehensibility, and intelligibility in the speech of second language learners", Language Learning 1995), with a recogniser as the
 * listener: the mean probability of the words given the recording.
 * @param logLikelihoods  natural logarithms, of each word
 * @returns undefined for no words
 */
export function clarityScore(logLikelihoods: readonly number[]): ShareScore | undefined {
  const sum = logLikelihoods.reduce((total, log) => total + Math.exp(log), 0);
  return shareScore(sum / logLikelihoods.length, logLikelihoods.length);
}

/** What confidence is judged by. */
export interface HesitationFacts {
  /** Share of the time between the first and the last word that is pauses. */
  readonly pauseShare: number;
  readonly words: number;
  /** Words that are fillers, repetitions or would be left out of a self-repair. */
  readonly disfluentWords: number;
}

/**
 * How sure of it a speaker sounds: the share of the time without pauses, of the words without hesitation. Pauses and fillers are what
 * listeners judge a speaker's knowledge by (S. Brennan and M. Williams, "The feeling of another's knowing", Journal of Memory and Language
 * 1995).
 * @returns undefined for no words
 */
export function confidenceScore({
  pauseShare,
  words,
  disfluentWords,
}: HesitationFacts): ShareScore | undefined {
  return shareScore((1 - pauseShare) * (1 - disfluentWords / words), words);
}

/** The interval of a share of so many words (E. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927). */
function shareScore(share: number, words: number): ShareScore | undefined {
  if (words === 0) return undefined;
  const centre = (share + Z ** 2 / (2 * words)) / (1 + Z ** 2 / words);
  const half =
    (Z / (1 + Z ** 2 / words)) * Math.sqrt((share * (1 - share)) / words + Z ** 2 / (4 * words ** 2));
  return {
    value: FULL * share,
    low: FULL * Math.max(0, centre - half),
    high: FULL * Math.min(1, centre + half),
  };
}
