import type { Lexicon, Pronunciations } from './lexicon.js';

/** A word of the text that a learner was to say. */
export interface ExpectedWord {
  /** As it is written, without punctuation beside it. */
  readonly text: string;
  readonly pronunciations: Pronunciations['phones'];
  readonly source: Pronunciations['source'];
}

/** What joins words without a space. */
const DASHES = /[‐‑‒–—―]|--+/gu;
/** What stands before and behind words and is not spoken. */
const EDGES = /^[^\p{L}\p{N}'%&$€£+@#]+|[^\p{L}\p{N}'%&$€£+@#]+$/gu;
const SPOKEN = /[\p{L}\p{N}%&$€£+@#]/u;

/** Cuts a text into words: at spaces and dashes, and at hyphens and slashes where the dictionary does not have the whole.
 *  @returns one entry for each word; one that cannot be pronounced has no pronunciations */
export function wordsToSay(text: string, lexicon: Lexicon): ExpectedWord[] {
  const written = text
    .normalize('NFC')
    .replace(/[‘’‛ʼ`´]/gu, "'")
    .replace(DASHES, ' ');
  return written
    .split(/\s+/u)
    .map((token) => token.replace(EDGES, ''))
    .filter((token) => SPOKEN.test(token))
    .flatMap((token) => (lexicon.has(token) ? [token] : token.split(/[-/]/u)))
    .filter((token) => SPOKEN.test(token))
    .map((token) => {
      const word = withoutQuotes(token, lexicon);
      const { phones, source } = lexicon.pronounce(word);
      return { text: word, pronunciations: phones, source };
    });
}

/** An apostrophe at a word's edge is a quotation mark unless the dictionary has the word with it: 'tis, learners'. */
function withoutQuotes(token: string, lexicon: Lexicon): string {
  return lexicon.has(token) ? token : token.replace(/^'+|'+$/g, '');
}

/** Words as Whisper would write them in a sentence: lower case, the first one and I with a capital. The models were trained on
 *  likelihoods of words in this form, whatever case the text has. */
export function inSentenceCase(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const lower = word.toLowerCase();
    return i === 0 || lower === 'i' || lower.startsWith("i'")
      ? lower.slice(0, 1).toUpperCase() + lower.slice(1)
      : lower;
  });
}
