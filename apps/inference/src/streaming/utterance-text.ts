import { msOf, samplesOf } from '@parlance/vad';
import { type RecognizedWord, textOf } from '@parlance/whisper';
import { countCommitted, isSpoken, lettersOf } from './commit-rule.js';

/** The text of an utterance so far. */
export interface InterimText {
  readonly text: string;
  /** Leading characters of `text` that every later interim and the final repeat: the committed words. */
  readonly stableLength: number;
  /** Share of the text that is committed, 0..1. */
  readonly stability: number;
}

/** Longest window that is decoded for an interim, and what is left of it when it is cut: enough committed words to go on from,
 *  so that no text before it is given as prompt (a prompt that errs makes Whisper repeat itself). */
const LONGEST_WINDOW_MS = 12_000;
const KEPT_WINDOW_MS = 4_000;

/** A repeated phrase that took less time a word is an echo, and so is one of so many words. */
const HURRIED_MS = 120;
const CERTAIN_WORDS = 3;

/**
 * The text of one utterance while it grows: committed words, which never change, and the window of audio that is decoded for
 * what follows them. The window is cut between committed words, so that its length does not grow with the utterance.
 * Times of words are milliseconds of the stream.
 */
export class UtteranceText {
  /** Committed words before the window. */
  private readonly before: RecognizedWord[] = [];
  /** Committed words within the window. */
  private committed: RecognizedWord[] = [];
  /** What the last interim had behind the committed words. */
  private open: readonly RecognizedWord[] = [];
  private from: number;

  /** @param audioFrom  position in the stream, samples */
  constructor(audioFrom: number) {
    this.from = audioFrom;
  }

  /** Where the window begins, samples. */
  get windowFrom(): number {
    return this.from;
  }

  /** Whether the window begins behind the utterance's beginning. */
  get isTrimmed(): boolean {
    return this.before.length > 0;
  }

  /** Behind the last committed word, samples; the window's beginning where there is none in it. */
  get committedTo(): number {
    const last = this.committed.at(-1);
    return last ? Math.max(this.from, samplesOf(last.endMs)) : this.from;
  }

  /** Whether any word is committed. */
  get hasCommitted(): boolean {
    return this.before.length + this.committed.length > 0;
  }

  /** Committed words within the window. */
  get prefix(): readonly RecognizedWord[] {
    return this.committed;
  }

  /** Cuts the window up to `audioTo` behind committed words, once it is long. */
  trim(audioTo: number): void {
    if (audioTo - this.from <= samplesOf(LONGEST_WINDOW_MS)) return;
    const latest = msOf(audioTo) - KEPT_WINDOW_MS;
    const kept = this.committed.findIndex((word) => word.endMs > latest);
    const cut = Math.max(1, kept === -1 ? this.committed.length : kept);
    const gone = this.committed.slice(0, cut);
    const end = gone.at(-1)?.endMs;
    if (end === undefined) return;
    this.before.push(...gone);
    this.committed = this.committed.slice(cut);
    this.from = Math.max(this.from, samplesOf(end));
  }

  /** Commits what may be committed of the words decoded behind the prefix, in the window up to `audioTo`.
   *  @param isLoop  they ended in a loop, of which one round is left */
  commit(decoded: readonly RecognizedWord[], audioTo: number, isLoop = false): InterimText {
    const words = this.placed(decoded);
    const count = countCommitted(this.committed, { words, isLoop, edgeMs: msOf(audioTo) }, this.open);
    this.committed = joinMarks([...this.committed, ...words.slice(0, count)]);
    this.open = words.slice(count);
    return this.interim(this.open);
  }

  /** Takes words in a language that is not sure yet: none is committed, and the next interim may agree with them. */
  keepOpen(decoded: readonly RecognizedWord[]): InterimText {
    this.open = this.placed(decoded);
    return this.interim(this.open);
  }

  /** Nothing believable was decoded: the next interim has none before it to agree with. */
  forgetOpen(): void {
    this.open = [];
  }

  /** Returns the committed words and what was decoded behind them; commits nothing. */
  withTail(decoded: readonly RecognizedWord[]): InterimText {
    return this.interim(this.placed(decoded));
  }

  /** Returns all words, given what was decoded behind the committed ones. */
  whole(decoded: readonly RecognizedWord[]): readonly RecognizedWord[] {
    return joinMarks([...this.before, ...this.committed, ...this.placed(decoded)]);
  }

  private interim(tail: readonly RecognizedWord[]): InterimText {
    const committed = [...this.before, ...this.committed];
    const text = textOf([...committed, ...tail]);
    const stableLength = textOf(committed).length;
    return { text, stableLength, stability: text === '' ? 0 : stableLength / text.length };
  }

  private placed(decoded: readonly RecognizedWord[]): RecognizedWord[] {
    const origin = msOf(this.from);
    const words = withoutEcho([...this.before, ...this.committed], decoded);
    return words.map((word) => ({ ...word, startMs: origin + word.startMs, endMs: origin + word.endMs }));
  }
}

/** Puts marks that were decoded after their word was committed back to it. */
function joinMarks(words: readonly RecognizedWord[]): RecognizedWord[] {
  const joined: RecognizedWord[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (last && !isSpoken(word) && !/\s/u.test(word.text))
      joined[joined.length - 1] = {
        ...last,
        text: last.text + word.text,
        tokens: [...last.tokens, ...word.tokens],
      };
    else joined.push(word);
  }
  return joined;
}

/**
 * Removes the echo of a phrase: Whisper that has nothing left to write may write the last phrase once more.
 * @param committed  words before
 * @param words  what was decoded behind them
 */
export function withoutEcho(
  committed: readonly RecognizedWord[],
  words: readonly RecognizedWord[],
): readonly RecognizedWord[] {
  const before = committed.filter(isSpoken);
  const spoken = words.filter(isSpoken);
  for (let count = Math.min(before.length, spoken.length); count > 0; count--) {
    const said = before.slice(-count);
    const again = spoken.slice(0, count);
    if (!again.every((word, i) => lettersOf(word.text) === lettersOf(said[i]?.text ?? ''))) continue;
    if (count >= CERTAIN_WORDS || isHurried(said, again))
      return words.slice(words.indexOf(again.at(-1) as RecognizedWord) + 1);
  }
  return words;
}

/** A single word may well be said twice, but not the second time in half the time: that is the end of the first. */
function isHurried(said: readonly RecognizedWord[], again: readonly RecognizedWord[]): boolean {
  if (again.length > 1) return durationOf(again) < HURRIED_MS * again.length;
  return durationOf(again) * 2 <= durationOf(said);
}

/** Milliseconds. */
function durationOf(words: readonly RecognizedWord[]): number {
  return (words.at(-1)?.endMs ?? 0) - (words[0]?.startMs ?? 0);
}
