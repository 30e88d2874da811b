import type { HeardWord } from '../utterance.types.js';
import type { TimedWord } from './word-timing.js';

/** What stands behind the prefix that decoding went on from; what goes on its last word becomes a piece of its own.
 *  @param words the whole window's, the prefix's among them; they may be parted otherwise than the prefix is */
export function wordsBehind(prefix: readonly HeardWord[], words: readonly TimedWord[]): HeardWord[] {
  let tokensLeft = prefix.reduce((sum, word) => sum + word.tokens.length, 0);
  let textLeft = prefix.reduce((sum, word) => sum + word.text.length, 0);
  const behind: HeardWord[] = [];
  for (const { text, tokens, start, end, probability } of words) {
    if (tokensLeft < tokens.length)
      behind.push({
        text: tokensLeft > 0 ? text.slice(textLeft) : text,
        tokens: tokens.slice(tokensLeft),
        startMs: Math.round(start * 1000),
        endMs: Math.round(end * 1000),
        confidence: probability,
      });
    tokensLeft = Math.max(0, tokensLeft - tokens.length);
    textLeft = Math.max(0, textLeft - text.length);
  }
  return behind;
}
