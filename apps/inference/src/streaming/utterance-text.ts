import { msOf, samplesOf } from '@parlance/vad';
import { type HeardWord, textOf, type Utterance } from '@parlance/whisper';
import { countSettled } from './commit-rule.js';
import { withoutEcho } from './echo.js';
import { isSpoken } from './letters.js';

/** An utterance so far, as a hypothesis has it. */
export interface InterimText {
  readonly text: string;
  /** Leading characters of `text` that every later interim and the final repeat. */
  readonly stableLength: number;
  /** Share of the text that is stable. */
  readonly stability: number;
}

/** An utterance to its end; its words' times are milliseconds of the stream. */
export type WholeUtterance = Utterance;

/** Longest stretch that is decoded anew for a hypothesis, and what is left of it when it is cut: enough settled words to go
 *  on from, so that no text before it is given as prompt (a prompt that errs makes whisper repeat itself). */
const LONGEST_WINDOW_MS = 12_000;
const KEPT_WINDOW_MS = 4_000;

/**
 * The text of one utterance while it grows: settled words, which never change, and the window of audio that is still
 * decoded for what follows. The window is cut between settled words, so that its length does not grow with the utterance.
 * Words' times are milliseconds of the stream.
 */
export class UtteranceText {
  private readonly before: HeardWord[] = [];
  private held: HeardWord[] = [];
  private open: readonly HeardWord[] = [];
  private from: number;

  /** @param audioFrom  position in the stream, samples */
  constructor(audioFrom: number) {
    this.from = audioFrom;
  }

  /** Where the audio begins that the next hypothesis needs, samples. */
  get windowFrom(): number {
    return this.from;
  }

  /** Whether the window begins behind the utterance's beginning. */
  get isTrimmed(): boolean {
    return this.before.length > 0;
  }

  /** Behind the last committed word, samples; the window's beginning where there is none in it. */
  get committedTo(): number {
    const last = this.held.at(-1);
    return last ? Math.max(this.from, samplesOf(last.endMs)) : this.from;
  }

  /** Whether any word is settled. */
  get hasSettled(): boolean {
    return this.before.length + this.held.length > 0;
  }

  /** Settled words within the window. */
  get prefix(): readonly HeardWord[] {
    return this.held;
  }

  /** Lets go of audio whose words are settled, once there is much of it. */
  trim(audioTo: number): void {
    if (audioTo - this.from <= samplesOf(LONGEST_WINDOW_MS)) return;
    const latest = msOf(audioTo) - KEPT_WINDOW_MS;
    const kept = this.held.findIndex((word) => word.endMs > latest);
    const cut = Math.max(1, kept === -1 ? this.held.length : kept);
    const gone = this.held.slice(0, cut);
    const end = gone.at(-1)?.endMs;
    if (end === undefined) return;
    this.before.push(...gone);
    this.held = this.held.slice(cut);
    this.from = Math.max(this.from, samplesOf(end));
  }

  /** Takes a hypothesis of the window up to `audioTo` and settles what may be settled.
   *  @param isLoop  it ended in a loop, of which one round is left */
  settle(heard: readonly HeardWord[], audioTo: number, isLoop = false): InterimText {
    const words = this.placed(heard);
    const count = countSettled(this.held, { words, isLoop, edgeMs: msOf(audioTo) }, this.open);
    this.held = joinMarks([...this.held, ...words.slice(0, count)]);
    this.open = words.slice(count);
    return this.interim(this.open);
  }

  /** Takes a hypothesis in a language that is not sure: it commits nothing, and the next may agree with it. */
  consider(heard: readonly HeardWord[]): InterimText {
    this.open = this.placed(heard);
    return this.interim(this.open);
  }

  /** Nothing was heard that could be believed: the next hypothesis has none before it to agree with. */
  forget(): void {
    this.open = [];
  }

  /** The settled words with a hypothesis of what follows, which settles nothing. */
  withTail(heard: readonly HeardWord[]): InterimText {
    return this.interim(this.placed(heard));
  }

  /** All words, given what was heard behind the settled ones. */
  whole(heard: readonly HeardWord[]): readonly HeardWord[] {
    return joinMarks([...this.before, ...this.held, ...this.placed(heard)]);
  }

  private interim(tail: readonly HeardWord[]): InterimText {
    const settled = [...this.before, ...this.held];
    const text = textOf([...settled, ...tail]);
    const stableLength = textOf(settled).length;
    return { text, stableLength, stability: text === '' ? 0 : stableLength / text.length };
  }

  private placed(heard: readonly HeardWord[]): HeardWord[] {
    const origin = msOf(this.from);
    const words = withoutEcho([...this.before, ...this.held], heard);
    return words.map((word) => ({ ...word, startMs: origin + word.startMs, endMs: origin + word.endMs }));
  }
}

/** Marks that were heard after their word was settled go back to it. */
function joinMarks(words: readonly HeardWord[]): HeardWord[] {
  const joined: HeardWord[] = [];
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
