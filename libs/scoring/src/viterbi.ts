import { phoneIndex, SILENCE } from './phone-set.js';

/** Frames start … end − 1 of a recording are one phone of the text. */
export interface PhoneSpan {
  readonly start: number;
  readonly end: number;
}

/** Log likelihoods of each class for each frame, up to a constant of the frame: row-major [frames, classes]. */
export interface FrameScores {
  readonly data: Float32Array;
  readonly frames: number;
  readonly classes: number;
}

const NEVER = -1e30;
/** A phone lasts at least 40 ms where the recording is long enough. */
const FEWEST_FRAMES = 2;

/** States of a text. States of one phone follow each other and share its class. */
interface Chain {
  readonly classes: Int32Array;
  /** Which phone of the text, −1 for silence. */
  readonly phones: Int32Array;
  /** Whether this state may follow the one two before it, past a silence. */
  readonly maySkip: Uint8Array;
}

export interface Alignment {
  /** One for each phone of the words, in order. */
  readonly spans: readonly PhoneSpan[];
  /** Sum of the log likelihoods along the path. */
  readonly score: number;
}

/**
 * Forced alignment by Viterbi's algorithm over a chain of phones: which frames are which phone of a known text. Silence may lie before,
 * between and behind words (L. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 1989; training/scores' alignment.py).
 * Takes frames × states steps: about 10 ms for 30 s with 300 phones, in the worker.
 * @param scores  of a whole recording or a part of one
 * @param words  the phones of each word
 * @throws RangeError where there are fewer frames than phones
 */
export function alignPhones(scores: FrameScores, words: readonly (readonly string[])[]): Alignment {
  const count = words.reduce((sum, word) => sum + word.length, 0);
  if (scores.frames < count) throw new RangeError(`${scores.frames} frames cannot hold ${count} phones`);
  const copies = scores.frames >= FEWEST_FRAMES * count ? FEWEST_FRAMES : 1;
  const chain = chainOf(words, copies);
  const { path, score } = bestPath(scores, chain);
  const spans: PhoneSpan[] = [];
  for (let at = 0; at < path.length;) {
    const phone = chain.phones[path[at]!]!;
    const start = at;
    while (at < path.length && chain.phones[path[at]!] === phone) at++;
    if (phone >= 0) spans.push({ start, end: at });
  }
  return { spans, score };
}

/** Rows [start, end) alone. */
export function framesBetween({ data, classes }: FrameScores, start: number, end: number): FrameScores {
  return { data: data.subarray(start * classes, end * classes), frames: end - start, classes };
}

function chainOf(words: readonly (readonly string[])[], copies: number): Chain {
  const classes = [SILENCE];
  const phones = [-1];
  const maySkip = [0];
  let phone = 0;
  for (const word of words) {
    word.forEach((symbol, i) => {
      const index = phoneIndex(symbol);
      if (index === undefined) throw new RangeError(`${symbol} is no phone`);
      for (let copy = 0; copy < copies; copy++) {
        classes.push(index);
        phones.push(phone);
        maySkip.push(i === 0 && copy === 0 && phone > 0 ? 1 : 0);
      }
      phone++;
    });
    classes.push(SILENCE);
    phones.push(-1);
    maySkip.push(0);
  }
  return {
    classes: Int32Array.from(classes),
    phones: Int32Array.from(phones),
    maySkip: Uint8Array.from(maySkip),
  };
}

/** The state of each frame. Ties: the state itself goes before its predecessor. */
function bestPath(
  { data, frames, classes }: FrameScores,
  chain: Chain,
): { readonly path: Int32Array; readonly score: number } {
  const states = chain.classes.length;
  let before = new Float64Array(states).fill(NEVER);
  let best = new Float64Array(states);
  for (let state = 0; state < 2; state++) before[state] = data[chain.classes[state]!]!;
  const steps = new Uint8Array(frames * states);
  for (let t = 1; t < frames; t++) {
    const row = t * classes;
    for (let state = 0; state < states; state++) {
      let value = before[state]!;
      let step = 0;
      const previous = state > 0 ? before[state - 1]! : NEVER;
      if (previous > value) [value, step] = [previous, 1];
      const skipped = chain.maySkip[state] === 1 ? before[state - 2]! : NEVER;
      if (skipped > value) [value, step] = [skipped, 2];
      steps[t * states + state] = step;
      best[state] = value + data[row + chain.classes[state]!]!;
    }
    [before, best] = [best, before];
  }
  // The end is the last silence or the last phone.
  let state = before[states - 1]! >= before[states - 2]! ? states - 1 : states - 2;
  const score = before[state]!;
  const path = new Int32Array(frames);
  for (let t = frames - 1; t >= 0; t--) {
    path[t] = state;
    state -= steps[t * states + state]!;
  }
  return { path, score };
}
