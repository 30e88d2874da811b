import { lastSentenceEnd } from './sentence-ends.js';
import { graphemeBoundary } from './text.schema.js';

/** Splits text into parts of at most `longest` characters: after a sentence where one ends in the part's second half, else
 *  after a word, else between two characters. Nothing but space at the cuts is lost. */
export function textParts(text: string, longest: number): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > longest) {
    const sentence = lastSentenceEnd(rest.slice(0, longest + 1));
    const word = rest.lastIndexOf(' ', longest);
    const cut = sentence > longest / 2 ? sentence : word > 0 ? word : graphemeBoundary(rest, longest);
    parts.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return rest === '' ? parts : [...parts, rest];
}
