import { textHead, type TurnTranscribed, type WordJson } from '@parlance/contracts';

/** Longest quote, UTF-16 units: what a mark is based on is words, not speeches. */
export const LONGEST_QUOTE = 160;

/** A word with its place in the transcript, UTF-16 units. */
export interface PlacedWord extends WordJson {
  readonly from: number;
  readonly to: number;
}

/** The recogniser's words where they stand in the transcript; one that does not is left out. */
export function placedWords({ text, words }: Pick<TurnTranscribed, 'text' | 'words'>): PlacedWord[] {
  const placed: PlacedWord[] = [];
  let at = 0;
  for (const word of words) {
    const spelt = word.text.trim();
    const from = spelt === '' ? -1 : text.indexOf(spelt, at);
    if (from < 0) continue;
    at = from + spelt.length;
    placed.push({ ...word, from, to: at });
  }
  return placed;
}

/** The transcript's words, in whatever script: what stands between spaces in some, what a dictionary knows in others. */
export function wordsIn(text: string, language: string): string[] {
  const segments = segmenterOf(language).segment(text);
  return [...segments].flatMap(({ segment, isWordLike }) => (isWordLike ? [segment] : []));
}

/** The words as they stand in the transcript; undefined where they do not. Models change capitals. */
export function quoteIn(text: string, words: string): string | undefined {
  const wanted = words.trim();
  if (wanted === '') return undefined;
  if (text.includes(wanted)) return wanted;
  const at = text.toLowerCase().indexOf(wanted.toLowerCase());
  const quote = at < 0 ? '' : text.slice(at, at + wanted.length);
  // Of some letters the small one is longer: then the place is another.
  return quote.toLowerCase() === wanted.toLowerCase() ? quote : undefined;
}

/** The beginning of the transcript, up to the end of its first sentence. */
export function openingOf(text: string): string {
  const trimmed = text.trim();
  const sentence = /^.+?[.!?。！？](?=\s|$)/su.exec(trimmed)?.[0] ?? trimmed;
  return textHead(sentence, LONGEST_QUOTE).trim();
}

/** Quotes that are not empty, each once, none longer than a quote may be. */
export function shortQuotes(quotes: readonly string[], most: number): string[] {
  const short = quotes.map((quote) => textHead(quote.trim(), LONGEST_QUOTE).trim());
  return [...new Set(short.filter((quote) => quote !== ''))].slice(0, most);
}

function segmenterOf(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language || undefined, { granularity: 'word' });
  } catch {
    // Recognition has codes that are no tags.
    return new Intl.Segmenter(undefined, { granularity: 'word' });
  }
}
