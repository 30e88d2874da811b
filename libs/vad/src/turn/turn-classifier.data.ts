/** Weights of the end-of-turn classifier, written by training/end-of-turn/train.py; its README says from what. Do not edit. */
export interface Terms {
  readonly bias: number;
  /** By the names of `turnTerms`. */
  readonly terms: Readonly<Record<string, number>>;
}

/** Without text. */
export const ACOUSTIC_TERMS: Terms = {
  bias: -0.1062,
  terms: {
    smartTurn: 0.433,
  },
};

/** With the text up to the pause. */
export const TEXT_TERMS: Terms = {
  bias: -0.6611,
  terms: {
    smartTurn: 0.3458,
    endsSentence: 1.1433,
    isOpen: -0.2939,
    isHanging: -0.6835,
  },
};
