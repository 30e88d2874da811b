/** A word of a text: as it is compared, and where it stands (UTF-16 units). */
export interface Token {
  readonly term: string;
  readonly start: number;
  readonly end: number;
}

/** Counted up when words are told apart or folded in another way: what is indexed is then indexed anew. */
export const TERMS_REVISION = 1;

/** Words that a turn is found by, at most; what comes after is not found. */
export const MOST_TERMS = 600;
const LONGEST_TERM = 64;

/** Letters, digits and their marks; apostrophes within: “don't” is one word. */
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’ʼ][\p{L}\p{N}\p{M}]+)*/gu;
/** Scripts that put no spaces between words. */
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Accents of Latin, Greek and Cyrillic, vowel points of Arabic and Hebrew. Marks of other scripts are letters of their own and stay. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/g;

/** Most words: nothing but their case is folded. */
const PLAIN = /^[\x20-\x7e]+$/;

let segmenter: Intl.Segmenter | undefined;

/**
 * A word as it is compared: compatible forms are one (NFKC), case and accents do not count.
 * @param word  without spaces
 */
export function foldWord(word: string): string {
  if (PLAIN.test(word)) return word.toLowerCase().slice(0, LONGEST_TERM);
  // By way of capitals, as “ß” and “SS” are one.
  const folded = word.normalize('NFKC').toUpperCase().toLowerCase().replace(/[’ʼ]/g, "'");
  return folded.normalize('NFD').replace(ACCENTS, '').normalize('NFC').slice(0, LONGEST_TERM);
}

/** The words of a text in order. Those of scripts without spaces are told apart by the dictionaries of ICU. */
export function tokensOf(text: string): Token[] {
  const words = [...text.matchAll(WORD)].flatMap(({ 0: word, index }) =>
    WITHOUT_SPACES.test(word) ? segmentsOf(word, index) : [{ word, start: index }],
  );
  return words.flatMap(({ word, start }) => {
    const term = foldWord(word);
    return term === '' ? [] : [{ term, start, end: start + word.length }];
  });
}

/** The different words of some texts, as a turn is found by them. */
export function termsOf(...texts: readonly string[]): string[] {
  const terms = new Set<string>();
  for (const text of texts)
    for (const { term } of tokensOf(text)) {
      if (terms.size === MOST_TERMS) return [...terms];
      terms.add(term);
    }
  return [...terms];
}

/** The positions in a text's words where these words stand next to each other in this order: indexes of the first one. */
export function phrasePositions(tokens: readonly Token[], phrase: readonly string[]): number[] {
  if (phrase.length === 0) return [];
  const positions: number[] = [];
  for (let at = 0; at + phrase.length <= tokens.length; at += 1)
    if (phrase.every((term, index) => tokens[at + index]?.term === term)) positions.push(at);
  return positions;
}

function segmentsOf(word: string, offset: number): { word: string; start: number }[] {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
  return [...segmenter.segment(word)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment, index }) => ({ word: segment, start: offset + index }));
}
