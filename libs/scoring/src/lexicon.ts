import { createRequire } from 'node:module';
import { phoneIndex, phonesOfIpa } from './phone-set.js';

/** How a word may be pronounced. */
export interface Pronunciations {
  /** Each as CMU phones without stress, the usual one first. Empty where the word cannot be pronounced. */
  readonly phones: readonly (readonly string[])[];
  /** Where they come from: the dictionary, or rules of spelling. */
  readonly source: 'dictionary' | 'rules';
}

/** What of the package `phonemize` is used. Its own types are not found from an ES module. */
interface Phonemizer {
  toIPA(text: string, options?: { readonly stripStress?: boolean }): string;
}

/** A word has at most so many pronunciations in the dictionary: `word`, `word(2)`, … */
const MOST_VARIANTS = 6;
/** Longer ones are no words; rules would make hundreds of phones of them. */
const LONGEST_WORD = 40;

/** English words and their phones: the CMU Pronouncing Dictionary (Carnegie Mellon University, version 0.7b), and for what it lacks the
 *  rules of the package `phonemize`, which also spells numbers out (“25”, “$5”, “3rd”). */
export class Lexicon {
  private rules: Phonemizer | undefined;

  private constructor(private readonly dictionary: Readonly<Record<string, string>>) {}

  /** Reads the dictionary: 135,000 entries, some hundred milliseconds of the thread. */
  static async open(): Promise<Lexicon> {
    const { dictionary } = await import('cmu-pronouncing-dictionary');
    return new Lexicon(dictionary);
  }

  /** @param word as it is written, without punctuation beside it */
  pronounce(word: string): Pronunciations {
    if (word.length > LONGEST_WORD) return { phones: [], source: 'rules' };
    const known = this.lookUp(word);
    if (known.length > 0) return { phones: known, source: 'dictionary' };
    const derived = this.derive(word);
    return { phones: derived ? [derived] : [], source: 'rules' };
  }

  /** Whether the dictionary has the word. */
  has(word: string): boolean {
    return spellings(word).some((spelling) => Object.hasOwn(this.dictionary, spelling));
  }

  private lookUp(word: string): (readonly string[])[] {
    const spelling = spellings(word).find((each) => Object.hasOwn(this.dictionary, each));
    if (spelling === undefined) return [];
    const keys = [spelling, ...Array.from({ length: MOST_VARIANTS }, (_, i) => `${spelling}(${i + 2})`)];
    const variants = keys.flatMap((key) =>
      Object.hasOwn(this.dictionary, key) ? [this.dictionary[key]!] : [],
    );
    // Variants that differ in stress alone are one.
    const distinct = new Map(
      variants.map((entry) => {
        const phones = entry.split(' ').map((symbol) => symbol.replace(/[012]$/, ''));
        return [phones.join(' '), phones] as const;
      }),
    );
    return [...distinct.values()].filter((phones) =>
      phones.every((phone) => phoneIndex(phone) !== undefined),
    );
  }

  private derive(word: string): readonly string[] | undefined {
    // Loaded when a word needs it: 65 MB.
    this.rules ??= createRequire(import.meta.url)('phonemize') as Phonemizer;
    try {
      return phonesOfIpa(this.rules.toIPA(word, { stripStress: true }));
    } catch {
      // The package fails on names that every object has, such as `constructor`.
      return undefined;
    }
  }
}

/** How the dictionary may have the word: lower case, and without accents. */
function spellings(word: string): string[] {
  const lower = word.toLowerCase();
  const plain = lower.normalize('NFD').replace(/\p{M}/gu, '');
  return plain === lower ? [lower] : [lower, plain];
}
