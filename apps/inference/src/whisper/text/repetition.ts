/** Longest phrase, in tokens, that is looked for. */
const LONGEST_PHRASE = 40;

/**
 * Ends a text at the first phrase it says three times over in a row, keeping one of them: what a decoder does that has
 * lost the speech.
 */
export function cutRepetition(tokens: readonly number[]): readonly number[] {
  for (let at = 0; at < tokens.length; at++) {
    for (let length = 1; length <= LONGEST_PHRASE && at + 3 * length <= tokens.length; length++) {
      if (repeats(tokens, at, length)) return tokens.slice(0, at + length);
    }
  }
  return tokens;
}

function repeats(tokens: readonly number[], at: number, length: number): boolean {
  for (let i = 0; i < 2 * length; i++) if (tokens[at + i] !== tokens[at + length + i]) return false;
  return true;
}
