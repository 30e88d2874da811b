import type { Clause } from '../phonemes/clauses.js';

const PAD = '_';
const START = '^';
const END = '$';
const PAUSES: ReadonlySet<string> = new Set('.,;:!?');
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

/** How long each sound of a line is by the lengths of its ids: the start before them, the sounds, the end behind. Where the lengths are not
 *  known, sounds count alike and pauses thrice.
 *  @param lengths of the ids that `piperIds` gives for the line */
export function piperSoundLengths(
  phonemes: string,
  ids: ReadonlyMap<string, readonly number[]>,
  lengths: readonly number[] | undefined,
): number[] {
  const symbols = [...phonemes];
  if (!lengths) return [0, ...symbols.map((symbol) => (PAUSES.has(symbol) ? 3 : 1)), 0];
  const count = (symbol: string): number => ids.get(symbol)?.length ?? 0;
  let next = 0;
  const sumOfNext = (many: number): number => {
    next += many;
    return lengths.slice(next - many, next).reduce((sum, length) => sum + length, 0);
  };
  const before = sumOfNext(count(START) + count(PAD));
  const sounds = symbols.map((symbol) => (ids.has(symbol) ? sumOfNext(count(symbol) + count(PAD)) : 0));
  return [before, ...sounds, sumOfNext(count(END))];
}

/** Ids of sounds, with the pad between them (piper-tts, phoneme_ids.py). Sounds that the voice does not know are left out. */
export function piperIds(phonemes: string, ids: ReadonlyMap<string, readonly number[]>): number[] {
  const of = (symbol: string): readonly number[] => ids.get(symbol) ?? [];
  const spoken = [...phonemes].flatMap((symbol) => (ids.has(symbol) ? [...of(symbol), ...of(PAD)] : []));
  return spoken.length === 0 ? [] : [...of(START), ...of(PAD), ...spoken, ...of(END)];
}
