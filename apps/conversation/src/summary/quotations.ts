import { foldWord, tokensOf } from '@parlance/persistence';
import { TimeSlices } from './time-slices.js';

/** Pairs of quotation marks, as languages have them. An apostrophe within a word opens nothing. */
const QUOTED =
  /“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|‹([^‹›]*)›|「([^「」]*)」|『([^『』]*)』|"([^"]*)"|(?<![\p{L}\p{N}])[‘']([^‘’']*)[’'](?![\p{L}\p{N}])/gu;

/** Marks that a text may not bring into quotation marks of our own. */
const MARKS = /[“”„«»‹›「」『』"]/g;

/** What stands in quotation marks. */
export function quotationsIn(text: string): string[] {
  return [...text.matchAll(QUOTED)].map((match) => match.slice(1).find((one) => one !== undefined) ?? '');
}

/** The words in quotation marks. */
export function quote(words: string): string {
  return `“${words.replace(MARKS, '').replace(/\s+/g, ' ').trim()}”`;
}

/** What was said in a session, for looking up whether something was. Case, accents and punctuation do not count, the order of words does. */
export class SaidWords {
  private constructor(
    /** Each text's words, so joined that no word is found within another. */
    private readonly texts: readonly string[],
    /** Each text's letters: where words are told apart depends on what stands beside them in scripts without spaces. */
    private readonly letters: readonly string[],
  ) {}

  /** Reads the texts, many of them in slices. */
  static async of(said: readonly string[]): Promise<SaidWords> {
    const slices = new TimeSlices();
    const texts: string[] = [];
    const letters: string[] = [];
    for (const text of said) {
      texts.push(joined(text));
      letters.push(UNSPACED.test(text) ? lettersOf(text) : '');
      await slices.rest();
    }
    return new SaidWords(texts, letters);
  }

  /** Whether somebody said just this. What has no word at all was said by nobody. */
  has(words: string): boolean {
    const wanted = joined(words);
    if (wanted === ' ') return false;
    if (this.texts.some((text) => text.includes(wanted))) return true;
    return UNSPACED.test(words) && this.letters.some((text) => text.includes(lettersOf(words)));
  }

  /** Whether everything that a text has in quotation marks was said. */
  covers(text: string): boolean {
    return quotationsIn(text).every((words) => this.has(words));
  }
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

function lettersOf(text: string): string {
  return text
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .map(foldLetters)
    .join('');
}

/** A run of letters may be longer than a word that is looked up. */
function foldLetters(letters: string): string {
  return (letters.match(/.{1,32}/gsu) ?? []).map(foldWord).join('');
}

function joined(text: string): string {
  return ` ${tokensOf(text)
    .map(({ term }) => `${term} `)
    .join('')}`;
}
