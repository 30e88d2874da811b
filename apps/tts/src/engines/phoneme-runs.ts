import { graphemeBoundary } from '@parlance/contracts';

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
