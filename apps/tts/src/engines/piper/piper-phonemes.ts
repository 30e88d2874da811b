import type { Clause } from '../phonemes/clauses.js';

const PAD = '_';
const START = '^';
const END = '$';
/** Marks that Piper's voices have not learnt, as those they have. */
const LEARNT_MARKS = new Map([
  ['…', '.'],
  ['—', ','],
]);

/** The sounds of a phrase in one line, as Piper's own phonemizer writes them: marks behind their clause, letters and accents apart
 *  (piper-tts, phonemize_espeak.py). */
export function piperPhonemes(phrase: readonly Clause[], sounds: readonly string[]): string {
  const parts = phrase.flatMap(({ mark }, index) =>
    sounds[index] ? [`${sounds[index]}${LEARNT_MARKS.get(mark) ?? mark}`] : [],
  );
  return parts.join(' ').normalize('NFD');
}

/** Ids of sounds, with the pad between them (piper-tts, phoneme_ids.py). Sounds that the voice does not know are left out. */
export function piperIds(phonemes: string, ids: ReadonlyMap<string, readonly number[]>): number[] {
  const of = (symbol: string): readonly number[] => ids.get(symbol) ?? [];
  const spoken = [...phonemes].flatMap((symbol) => (ids.has(symbol) ? [...of(symbol), ...of(PAD)] : []));
  return spoken.length === 0 ? [] : [...of(START), ...of(PAD), ...spoken, ...of(END)];
}
