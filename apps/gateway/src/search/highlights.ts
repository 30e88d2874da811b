import { graphemeBoundary } from '@parlance/contracts';
import { phrasePositions, tokensOf, type Token } from '@parlance/persistence';

/** A piece of a text with what was looked for in it. */
export interface Highlight {
  /** Whose words they are. */
  readonly field: 'said' | 'replied';
  readonly fragment: string;
  /** Ranges in the fragment, UTF-16 units. */
  readonly marks: readonly { readonly start: number; readonly end: number }[];
}

/** Of a fragment, UTF-16 units, and how much of it stands before the first mark. */
const LONGEST_FRAGMENT = 200;
const LEAD = 60;

/** What is marked: each of some words, and a phrase as a whole. */
export interface Marked {
  readonly words: ReadonlySet<string>;
  readonly phrase: readonly string[];
}

/** The words around the first match of a text, with the matches in it; undefined where there is none. */
export function highlightOf(field: Highlight['field'], text: string, marked: Marked): Highlight | undefined {
  const ranges = rangesOf(tokensOf(text), marked);
  const [first] = ranges;
  if (!first) return undefined;
  const start = first.start <= LEAD ? 0 : wordStart(text, first.start - LEAD, first.start);
  const end = Math.max(first.end, graphemeBoundary(text, start + LONGEST_FRAGMENT));
  const inside = ranges.filter((range) => range.end <= end);
  return {
    field,
    fragment: text.slice(start, end),
    marks: inside.map((range) => ({ start: range.start - start, end: range.end - start })),
  };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** In order, none within another. */
function rangesOf(tokens: readonly Token[], { words, phrase }: Marked): Range[] {
  const phrases = phrasePositions(tokens, phrase).map((at) => ({
    start: tokens[at]!.start,
    end: tokens[at + phrase.length - 1]!.end,
  }));
  const single = tokens.filter(({ term }) => words.has(term));
  const ranges: Range[] = [];
  for (const range of [...phrases, ...single].sort(
    (one, other) => one.start - other.start || other.end - one.end,
  ))
    if (range.start >= (ranges.at(-1)?.end ?? 0)) ranges.push({ start: range.start, end: range.end });
  return ranges;
}

/** The first beginning of a word from a place on. */
function wordStart(text: string, from: number, before: number): number {
  const space = text.indexOf(' ', from);
  return space >= 0 && space < before ? space + 1 : graphemeBoundary(text, from);
}
