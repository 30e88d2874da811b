import type { Clause } from '../phonemes/clauses.js';

/** What espeak-ng puts between the letters of one sound for us (`--tie`). */
export const TIE = '^';

type Replacements = readonly (readonly [from: string, to: string])[];

/** Kokoro was trained on the notation of misaki (Apache-2.0, espeak.py: EspeakFallback for English, EspeakG2P for the others); longer
 *  sounds first. Unlike there, the British vowel of “there” is taken before its e is: misaki has such words in a dictionary. */
const ENGLISH: Replacements = [
  ['e^ə', 'ɛː'],
  ['ʔˌn\u0329', 'ʔn'],
  ['ʔn\u0329', 'ʔn'],
  ['a^ɪ', 'I'],
  ['a^ʊ', 'W'],
  ['d^ʒ', 'ʤ'],
  ['e^ɪ', 'A'],
  ['t^ʃ', 'ʧ'],
  ['ɔ^ɪ', 'Y'],
  ['ə^l', 'ᵊl'],
  ['ʲo', 'jo'],
  ['ʲə', 'jə'],
  ['ʲ', ''],
  ['e', 'A'],
  ['ɚ', 'əɹ'],
  ['r', 'ɹ'],
  ['x', 'k'],
  ['ç', 'k'],
  ['ɐ', 'ə'],
  ['ɬ', 'l'],
  ['\u0303', ''],
];
const AMERICAN: Replacements = [
  ['o^ʊ', 'O'],
  ['ɜːɹ', 'ɜɹ'],
  ['ɜː', 'ɜɹ'],
  ['ɪə', 'iə'],
  ['ː', ''],
];
const BRITISH: Replacements = [
  ['iə', 'ɪə'],
  ['ə^ʊ', 'Q'],
];
const LAST: Replacements = [
  ['o', 'ɔ'],
  ['ɾ', 'T'],
  ['ʔ', 't'],
];
const OTHER: Replacements = [
  ['a^ɪ', 'I'],
  ['a^ʊ', 'W'],
  ['d^z', 'ʣ'],
  ['d^ʒ', 'ʤ'],
  ['e^ɪ', 'A'],
  ['o^ʊ', 'O'],
  ['ə^ʊ', 'Q'],
  ['s^s', 'S'],
  ['t^s', 'ʦ'],
  ['t^ʃ', 'ʧ'],
  ['ɔ^ɪ', 'Y'],
];

/** The sounds of a phrase in one line, in Kokoro's notation, marks behind their clause.
 *  @param sounds by espeak-ng, tied with TIE
 *  @param language BCP 47 */
export function kokoroPhonemes(
  phrase: readonly Clause[],
  sounds: readonly string[],
  language: string,
): string {
  const parts = phrase.flatMap(({ mark }, index) => {
    const sound = sounds[index];
    return sound ? [`${notation(sound, language)}${mark}`] : [];
  });
  return parts.join(' ');
}

/** Ids of sounds; what Kokoro has no sound for is left out. */
export function kokoroTokens(phonemes: string, ids: ReadonlyMap<string, number>): number[] {
  return [...phonemes].flatMap((symbol) => ids.get(symbol) ?? []);
}

/** How long each sound of a line is by the lengths of its tokens: the start before them, the sounds, the end behind. Where the lengths are
 *  not known, sounds count alike.
 *  @param lengths of the start, each of `kokoroTokens`, and the end */
export function kokoroSoundLengths(
  phonemes: string,
  ids: ReadonlyMap<string, number>,
  lengths: Float32Array | undefined,
): number[] {
  const symbols = [...phonemes];
  if (lengths?.length !== symbols.filter((symbol) => ids.has(symbol)).length + 2)
    return [0, ...symbols.map(() => 1), 0];
  let next = 1;
  const sounds = symbols.map((symbol) => (ids.has(symbol) ? lengths[next++]! : 0));
  return [lengths[0]!, ...sounds, lengths[next]!];
}

function notation(sound: string, language: string): string {
  const isEnglish = language.startsWith('en');
  const accent = language === 'en-GB' ? BRITISH : AMERICAN;
  const rules = isEnglish ? [...ENGLISH, ...accent, ...LAST] : OTHER;
  const replaced = rules.reduce((text, [from, to]) => text.replaceAll(from, to), sound);
  // A syllabic consonant has a short vowel before it.
  return replaced.replace(/(\S)\u0329/g, 'ᵊ$1').replaceAll(TIE, '');
}
