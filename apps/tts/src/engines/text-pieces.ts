import { graphemeBoundary } from '@parlance/contracts';

/** Cuts text into pieces of at most `longest` characters: after a sentence where one ends in the piece's second half, else
 *  after a word, else between two characters. Nothing but space at the cuts is lost. */
export function textPieces(text: string, longest: number): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > longest) {
    const head = rest.slice(0, longest);
    const sentence = Math.max(...['. ', '! ', '? ', '\n'].map((mark) => head.lastIndexOf(mark))) + 1;
    const word = head.lastIndexOf(' ');
    const cut = sentence > longest / 2 ? sentence : word > 0 ? word : graphemeBoundary(rest, longest);
    pieces.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return rest === '' ? pieces : [...pieces, rest];
}
