import { graphemeBoundary } from '@parlance/contracts';

/** Splits text into parts of at most `longest` characters: after a sentence where one ends in the part's second half, else
 *  after a word, else between two characters. Nothing but space at the cuts is lost. */
export function textParts(text: string, longest: number): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > longest) {
    const head = rest.slice(0, longest);
    const sentence = Math.max(...['. ', '! ', '? ', '\n'].map((mark) => head.lastIndexOf(mark))) + 1;
    const word = head.lastIndexOf(' ');
    const cut = sentence > longest / 2 ? sentence : word > 0 ? word : graphemeBoundary(rest, longest);
    parts.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return rest === '' ? parts : [...parts, rest];
}

/** Cuts sounds into runs of at most `longest` characters, at a space where there is one; a letter keeps its accents. */
export function phonemeRuns(phonemes: string, longest: number): string[] {
  const runs: string[] = [];
  let rest = phonemes.trim();
  while (rest.length > longest) {
    const space = rest.lastIndexOf(' ', longest);
    const cut = space > 0 ? space : graphemeBoundary(rest, longest);
    runs.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return rest === '' ? runs : [...runs, rest];
}
