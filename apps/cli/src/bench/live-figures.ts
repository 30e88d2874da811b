/** What one stream's client saw; times in milliseconds. */
export interface StreamOutcome {
  /** End of speech to the final text, each utterance; Infinity where none came. */
  readonly finals: readonly number[];
  /** From the end of an utterance's first word to when it was committed, each utterance. */
  readonly firstWords: readonly number[];
  /** Between two interims of one utterance. */
  readonly interimGaps: readonly number[];
  /** Code of the refusal or fault that ended the stream, where one did. */
  readonly fault: string | undefined;
}

/** Figures of all streams that ran in parallel. */
export interface LiveFigures {
  readonly streams: number;
  readonly utterances: number;
  readonly finalP50Ms: number;
  readonly finalP95Ms: number;
  readonly firstWordP95Ms: number;
  readonly hypothesisGapP50Ms: number;
  /** Streams that were refused or broke, with their codes. */
  readonly faults: readonly string[];
}

export function figuresOf(outcomes: readonly StreamOutcome[]): LiveFigures {
  const finals = outcomes.flatMap((outcome) => outcome.finals);
  return {
    streams: outcomes.length,
    utterances: finals.length,
    finalP50Ms: percentile(finals, 0.5),
    finalP95Ms: percentile(finals, 0.95),
    firstWordP95Ms: percentile(
      outcomes.flatMap((outcome) => outcome.firstWords),
      0.95,
    ),
    hypothesisGapP50Ms: percentile(
      outcomes.flatMap((outcome) => outcome.interimGaps),
      0.5,
    ),
    faults: outcomes.flatMap(({ fault }) => (fault === undefined ? [] : [fault])),
  };
}

/** Whether every stream was admitted and its finals came in time. */
export function isHeld({ faults, utterances, finalP95Ms }: LiveFigures, limitMs: number): boolean {
  return faults.length === 0 && utterances > 0 && finalP95Ms < limitMs;
}

/** The nearest-rank percentile; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  // A difference of two infinities would be no order.
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
