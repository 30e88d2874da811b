/** Numbers from 0 up to 1, the same in every run. */
export type Random = () => number;

/** Mulberry32, a small generator of numbers that are random enough for texts. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const VOCABULARY = 20_000;
const SYLLABLES =
  'ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to'.split(
    ' ',
  );

/** A word by how common it is: 0 is the most common one. */
export function wordOfRank(rank: number): string {
  let word = '';
  for (let left = rank + SYLLABLES.length; left > 0; left = Math.floor(left / SYLLABLES.length))
    word += SYLLABLES[left % SYLLABLES.length] ?? '';
  return word;
}

/** The rank of a word of a text: by Zipf's law, as in languages. */
export function rankOf(random: Random): number {
  return Math.min(VOCABULARY - 1, Math.floor(Math.exp(random() * Math.log(VOCABULARY))) - 1);
}

const words = Array.from({ length: VOCABULARY }, (_, rank) => wordOfRank(rank));

/** A text whose words are as common as those of people's. */
export function aGeneratedText(random: Random, length: number): string {
  return Array.from({ length }, () => words[rankOf(random)]).join(' ');
}
