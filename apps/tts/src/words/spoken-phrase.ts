import type { SpeechWord } from '@parlance/contracts';
import type { Clause } from '../engines/phonemes/clauses.js';
import { wordsOfSounds } from './sound-alignment.js';

/** Gives the sounds of words, each by itself, as the voice writes them. */
export type SpellSounds = (words: readonly string[]) => Promise<readonly string[]>;

/** What a voice makes of one run of sounds. */
export interface SpokenRun {
  /** The sounds, one behind the other. */
  readonly sounds: string;
  /** How long each takes, in any unit: what is before the first, each code point of `sounds`, what is behind the last. */
  readonly lengths: readonly number[];
  /** Where it lies in the speech. */
  readonly startMs: number;
  readonly endMs: number;
}

const SPACE = ' ';
/** Marks are spoken as pauses. */
const NO_SOUND = /^[\s.!?…,;:—"()“”]$/u;

/** Words that are read as they stand, so that their sounds can be fewer groups than words and never more: no digits, no capitals that are
 *  spelled out, no signs that have a name. */
const PLAIN = /^(?!.*\p{Lu}\p{Lu})[\p{L}\p{M}'’\s]+$/u;

interface Sound {
  readonly symbol: string;
  /** Undefined while it has not been spoken. */
  startMs?: number;
  endMs?: number;
}

/** The sounds of a phrase, and where each lies in the speech once it is made. */
export class SpokenPhrase {
  /** All sounds in one line, clauses parted by a space. */
  readonly line: string;
  private readonly sounds: readonly Sound[];
  /** Of each clause that has sounds. */
  private readonly clauses: readonly { readonly text: string; readonly from: number; readonly to: number }[];
  private next = 0;

  /** @param parts  sounds of each clause with its mark behind; empty for a clause without any */
  constructor(phrase: readonly Clause[], parts: readonly string[]) {
    const clauses: { text: string; from: number; to: number }[] = [];
    let from = 0;
    for (const [index, part] of parts.entries()) {
      const { length } = [...part];
      if (length === 0) continue;
      clauses.push({ text: phrase[index]!.text, from, to: from + length });
      from += length + 1;
    }
    this.clauses = clauses;
    this.line = parts.filter((part) => part !== '').join(SPACE);
    this.sounds = [...this.line].map((symbol) => ({ symbol }));
  }

  /** Notes where a run lies; runs come in order, and leave out no more than spaces. */
  locate({ sounds, lengths, startMs, endMs }: SpokenRun): void {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const scale = total > 0 ? (endMs - startMs) / total : 0;
    let at = startMs + (lengths[0] ?? 0) * scale;
    for (const [index, symbol] of [...sounds].entries()) {
      while (this.next < this.sounds.length && this.sounds[this.next]!.symbol !== symbol) this.next += 1;
      const sound = this.sounds[this.next];
      if (!sound) return;
      sound.startMs = at;
      at += (lengths[index + 1] ?? 0) * scale;
      sound.endMs = at;
      this.next += 1;
    }
  }

  /** The words of the phrase. @param language BCP 47 of the text */
  async words(language: string, spell: SpellSounds): Promise<SpeechWord[]> {
    const found: SpeechWord[] = [];
    for (const { text, from, to } of this.clauses) {
      const words = wordsOf(text, language);
      const line = this.sounds
        .slice(from, to)
        .filter((sound) => sound.startMs !== undefined || !isSound(sound));
      const sounds = line.filter(isSound);
      if (words.length === 0 || sounds.length === 0) continue;
      const bySpaces = PLAIN.test(text) ? ownersBySpaces(line, words.length) : undefined;
      const owners = bySpaces ?? (await ownersBySound(sounds, words, spell));
      found.push(...timesOf(words, sounds, owners));
    }
    return found;
  }
}

/** The words of phrases, one behind the other. */
export async function wordsOfPhrases(
  phrases: readonly SpokenPhrase[],
  language: string,
  spell: SpellSounds,
): Promise<SpeechWord[]> {
  const found: SpeechWord[] = [];
  for (const phrase of phrases) found.push(...(await phrase.words(language, spell)));
  return found;
}

function isSound({ symbol }: Sound): boolean {
  return !NO_SOUND.test(symbol);
}

async function ownersBySound(
  sounds: readonly Sound[],
  words: readonly string[],
  spell: SpellSounds,
): Promise<number[]> {
  const alone = await spell(words);
  return wordsOfSounds(
    sounds.map(({ symbol }) => symbol),
    alone.map((text) => [...text].filter((symbol) => !NO_SOUND.test(symbol))),
  );
}

/** The index of the word of each sound, where there are as many groups of sounds between spaces as there are words. */
function ownersBySpaces(sounds: readonly Sound[], count: number): number[] | undefined {
  const owners: number[] = [];
  let word = -1;
  let within = false;
  for (const sound of sounds) {
    if (!isSound(sound)) {
      within = within && sound.symbol !== SPACE;
      continue;
    }
    if (!within) word += 1;
    within = true;
    owners.push(word);
  }
  return word + 1 === count ? owners : undefined;
}

/** A word without a sound of its own lies, for no time, where the one before it ends. */
function timesOf(
  words: readonly string[],
  sounds: readonly Sound[],
  owners: readonly number[],
): SpeechWord[] {
  let last = sounds[0]!.startMs!;
  return words.map((text, word) => {
    const own = sounds.filter((_, index) => owners[index] === word);
    const startMs = own[0]?.startMs ?? last;
    const endMs = own.at(-1)?.endMs ?? startMs;
    last = endMs;
    return { text, startMs: Math.round(startMs), endMs: Math.round(endMs) };
  });
}

/** The words of a text as its language parts them, without marks: “don't” is one, “well-known” two.
 *  @param language BCP 47; one that nobody knows parts at spaces and marks */
export function wordsOf(text: string, language: string): string[] {
  return [...segmenterOf(language).segment(text)].flatMap(({ segment, isWordLike }) =>
    isWordLike ? [segment] : [],
  );
}

const segmenters = new Map<string, Intl.Segmenter>();

function segmenterOf(language: string): Intl.Segmenter {
  let segmenter = segmenters.get(language);
  if (!segmenter) {
    segmenter = newSegmenter(language);
    segmenters.set(language, segmenter);
  }
  return segmenter;
}

/** Some of espeak-ng's names of languages are no tags. */
function newSegmenter(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity: 'word' });
  } catch {
    return new Intl.Segmenter(undefined, { granularity: 'word' });
  }
}
