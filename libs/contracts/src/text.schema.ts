import { z } from 'zod';

/** Characters as people count them in a limit: an emoji outside the basic plane is one, not two. */
export function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** In JSON Schema, of texts that are trimmed. */
const NOT_BLANK = '\\S';

/** Text of at most `most` characters. */
export function textSchema(most: number) {
  // No character takes more than two units, so that a flood is refused before it is counted.
  return z
    .string()
    .refine(
      (text) => text.length <= 2 * most && (text.length <= most || characterCount(text) <= most),
      `may have ${most} characters`,
    )
    .meta({ maxLength: most });
}

/** A line of text, trimmed. */
export const lineSchema = (longest: number) =>
  z.string().trim().min(1).max(longest).meta({ pattern: NOT_BLANK });

/** As `textSchema`, with something that is no space. */
export function filledTextSchema(most: number) {
  return textSchema(most)
    .refine((text) => text.trim() !== '', 'must not be empty')
    .meta({ maxLength: most, minLength: 1, pattern: NOT_BLANK });
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** How much a cut may move to the left so that it parts no character; those that people see are seldom longer. */
const LONGEST_GRAPHEME = 64;

/**
 * The last place at or before `end` where a text may be cut without parting an emoji, a surrogate pair or a letter from
 * its accents. A single character longer than `end` is cut at a code point.
 * @param end  in UTF-16 units, above 0
 */
export function graphemeBoundary(text: string, end: number): number {
  if (end >= text.length) return text.length;
  const from = Math.max(0, end - LONGEST_GRAPHEME);
  const start = from > 0 && isLowSurrogate(text, from) ? from + 1 : from;
  const near = text.slice(start, end + LONGEST_GRAPHEME);
  const found = graphemes.segment(near).containing(end - start);
  const boundary = found ? start + found.index : end;
  if (boundary > start || (boundary > 0 && start > 0)) return boundary;
  return isLowSurrogate(text, end) && end > 1 ? end - 1 : end;
}

/** The first `most` UTF-16 units of a text, without a parted character at the end. */
export function textHead(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, graphemeBoundary(text, most));
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
