import type { TokenizerFile } from '../checkpoint/checkpoint-files.schema.js';

/** GPT-2's byte-level BPE, as far as a few short symbols need it. */
export interface BytePairs {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly ranks: ReadonlyMap<string, number>;
}

/** GPT-2 writes each byte as a printable character: visible Latin-1 as itself, the others from U+0100 on. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  const visible = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(visible(byte) ? byte : next++));
})();

export function bytePairs(tokenizer: TokenizerFile): BytePairs {
  const merges = tokenizer.model.merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' ')));
  return {
    vocabulary: new Map(Object.entries(tokenizer.model.vocab)),
    ranks: new Map(merges.map((pair, rank) => [pair, rank])),
  };
}

/** @returns the token that is exactly `text`, if there is one. */
export function wholeToken(pairs: BytePairs, text: string): number | undefined {
  return pairs.vocabulary.get(byteCharacters(text).join(''));
}

/** @returns the first token of `text`, which must be one piece for GPT-2's splitter. */
export function firstToken(pairs: BytePairs, text: string): number {
  const parts = byteCharacters(text);
  for (;;) {
    let best = -1;
    let bestRank = Infinity;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = pairs.ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
      if (rank < bestRank) [best, bestRank] = [i, rank];
    }
    if (best < 0) break;
    parts.splice(best, 2, parts[best]! + parts[best + 1]!);
  }
  return pairs.vocabulary.get(parts[0]!) ?? 0;
}

function byteCharacters(text: string): string[] {
  return [...Buffer.from(text, 'utf8')].map((byte) => BYTE_CHARACTERS[byte]!);
}
