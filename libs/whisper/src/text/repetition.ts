/** Longest phrase, in tokens, that is looked for. */
const LONGEST_PHRASE = 40;

/** The first phrase that comes three times over in a row. */
export interface Repetition {
  /** Where the phrase begins, tokens. */
  readonly start: number;
  /** How long it is, tokens. */
  readonly length: number;
}

/** What a decoder does that has lost the speech: the first phrase it says three times over in a row. */
export function repetitionIn(tokens: readonly number[]): Repetition | undefined {
  for (let start = 0; start < tokens.length; start++) {
    for (let length = 1; length <= LONGEST_PHRASE && start + 3 * length <= tokens.length; length++) {
      if (repeats(tokens, start, length)) return { start, length };
    }
  }
  return undefined;
}

/** Ends a text at the first phrase that comes three times over in a row, keeping one of them. */
export function cutRepetition(tokens: readonly number[]): readonly number[] {
  const loop = repetitionIn(tokens);
  return loop ? tokens.slice(0, loop.start + loop.length) : tokens;
}

function repeats(tokens: readonly number[], at: number, length: number): boolean {
  for (let i = 0; i < 2 * length; i++) if (tokens[at + i] !== tokens[at + length + i]) return false;
  return true;
}
