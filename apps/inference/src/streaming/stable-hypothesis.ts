/** One decode of an utterance that is still being spoken. */
export interface Hypothesis {
  readonly text: string;
  readonly tokens: readonly number[];
}

export interface InterimText {
  readonly text: string;
  /** Leading characters of `text` that later interims repeat. */
  readonly stableLength: number;
  /** Share of the text that is stable. */
  readonly stability: number;
}

/** When two hypotheses agree to the end, that end may still be half a word: so many tokens are left open. */
const OPEN_TOKENS = 2;

/**
 * LocalAgreement-2 (Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System"): words on which two
 * consecutive hypotheses agree are stable, except the newest one's last word, whose end may not have been spoken yet.
 */
export class StableHypothesis {
  private previous: Hypothesis | undefined;
  private stable = '';
  private committed: readonly number[] = [];

  /** Tokens the next decode may start from. */
  get prefixTokens(): readonly number[] {
    return this.committed;
  }

  /** @returns undefined where the text is empty or contradicts what was called stable; then there is nothing to show */
  accept(hypothesis: Hypothesis): InterimText | undefined {
    const { text } = hypothesis;
    const before = this.previous;
    this.previous = hypothesis;
    if (text === '' || !text.startsWith(this.stable)) return undefined;
    if (before) {
      const agreed = commonWords(before.text, text);
      if (agreed.length > this.stable.length) this.stable = agreed;
      this.committed = commonTokens(before.tokens, hypothesis.tokens, this.committed);
    }
    const stableLength = this.stable.length;
    return { text, stableLength, stability: stableLength / text.length };
  }
}

/** The longest common beginning in whole words, without the last word of `newer`. */
function commonWords(older: string, newer: string): string {
  const [a, b] = [older.split(' '), newer.split(' ')];
  let words = 0;
  while (words < a.length && words < b.length - 1 && a[words] === b[words]) words++;
  return b.slice(0, words).join(' ');
}

function commonTokens(
  older: readonly number[],
  newer: readonly number[],
  least: readonly number[],
): readonly number[] {
  let count = 0;
  while (count < older.length && count < newer.length && older[count] === newer[count]) count++;
  const open = Math.max(0, OPEN_TOKENS - (newer.length - count));
  return count - open > least.length ? newer.slice(0, count - open) : least;
}
