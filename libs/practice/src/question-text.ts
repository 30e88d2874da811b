import { createHash } from 'node:crypto';

/** Bounds of a question: one that is longer is not easy. */
const LONGEST = 200;
const MOST_WORDS = 30;
const LEAST_WORDS = 2;

/** Marks that end a question, in the scripts of the languages that are taught. */
const ENDS = /[?？؟;՞]$/u;

/** A text in one spelling: without case, marks and accents on the marks, so that two that say the same are equal. */
export function normalized(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  return (plain.match(/[\p{L}\p{M}\p{N}'’]+/gu) ?? []).join(' ').replaceAll('’', "'");
}

/** Names a text by what it says: equal ones have the same. */
export function textHash(text: string): string {
  return createHash('sha256').update(normalized(text)).digest('base64url').slice(0, 16);
}

/** Names a set by its questions, in whichever order they stand. */
export function setHash(questions: readonly string[]): string {
  return textHash(questions.map(textHash).sort().join(' '));
}

/** The first item of each key, in their order. */
export function firstOfEach<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const keys = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    return !keys.has(key) && keys.add(key);
  });
}

/** What is wrong with a question that a model wrote; undefined where nothing is. */
export function questionFault(text: string): string | undefined {
  if (text.length > LONGEST) return `has more than ${LONGEST} characters`;
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cs}<>{}[\]|*_#`]/u.test(text)) return 'has marks that nobody says';
  if (!ENDS.test(text)) return 'does not end with a question mark';
  const words = normalized(text).split(' ').length;
  // Scripts without spaces between words have one long word.
  const isSpaced = !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(text);
  if (isSpaced && words < LEAST_WORDS) return `has fewer than ${LEAST_WORDS} words`;
  return words > MOST_WORDS ? `has more than ${MOST_WORDS} words` : undefined;
}
