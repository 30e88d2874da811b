/** A word as far as disfluencies are concerned. */
interface TimedText {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Something that a fluent speaker would have left out. */
export interface Disfluency {
  /**
   * `filler`: um, uh, er. `repetition`: words said again as they were. `repair`: words begun again and changed: “I go, I went”.
   * (W. Levelt, "Monitoring and self-repair in speech", Cognition 1983; E. Shriberg, "Preliminaries to a theory of speech disfluencies",
   * 1994.)
   */
  readonly kind: 'filler' | 'repetition' | 'repair';
  /** Which words could be left out, from 0. */
  readonly words: readonly number[];
  readonly startMs: number;
  readonly endMs: number;
}

const FILLERS = new Set([
  'um',
  'umm',
  'uh',
  'uhh',
  'uhm',
  'er',
  'erm',
  'err',
  'ah',
  'eh',
  'hm',
  'hmm',
  'mm',
  'mhm',
]);
/** What a speaker says before a repair. */
const EDITING_TERMS = new Set(['sorry', 'no', 'rather', 'actually', 'well', 'mean']);
/** Words that are said twice on purpose. */
const EMPHATIC = new Set([
  'very',
  'really',
  'so',
  'no',
  'yes',
  'far',
  'much',
  'had',
  'that',
  'bye',
  'ha',
  'many',
  'long',
]);
/** Longer runs are not repeated by accident. */
const LONGEST_RUN = 4;

/** Fillers, repetitions and self-repairs among recognised words, in the order of time. A word counts once.
 *  @param pauseMs  a silence of this length may separate what is left from what replaces it */
export function disfluencies(words: readonly TimedText[], pauseMs: number): Disfluency[] {
  const plain = words.map(({ text }) => text.toLowerCase().replace(/[^\p{L}\p{N}'-]/gu, ''));
  const isFiller = plain.map((word) => FILLERS.has(word));
  const fillers = [...plain.keys()].filter((i) => isFiller[i]).map((i) => describe(words, 'filler', [i]));
  const spoken = [...plain.keys()].filter((i) => !isFiller[i] && plain[i] !== '');
  const others: Disfluency[] = [];
  for (let at = 0; at < spoken.length;) {
    const found = repetitionAt(plain, spoken, at) ?? repairAt(words, plain, spoken, at, pauseMs);
    if (found) others.push(describe(words, found.kind, spoken.slice(at, at + found.length)));
    at += found?.length ?? 1;
  }
  return [...fillers, ...others].sort((a, b) => a.startMs - b.startMs);
}

interface Found {
  readonly kind: Disfluency['kind'];
  /** Spoken words that could be left out. */
  readonly length: number;
}

/** Words that follow once more as they are: “in the in the”. */
function repetitionAt(plain: readonly string[], spoken: readonly number[], at: number): Found | undefined {
  const word = (i: number): string | undefined => (spoken[i] === undefined ? undefined : plain[spoken[i]]);
  for (let length = LONGEST_RUN; length > 0; length--) {
    const same = Array.from({ length }, (_, i) => i).every(
      (i) => word(at + i) !== undefined && word(at + i) === word(at + length + i),
    );
    if (same && !(length === 1 && EMPHATIC.has(word(at)!))) return { kind: 'repetition', length };
  }
  return undefined;
}

/** Words that are begun again and go on otherwise: the first one is said once more, or a word is cut off, and a filler, a pause or an editing
 *  term stands between. */
function repairAt(
  words: readonly TimedText[],
  plain: readonly string[],
  spoken: readonly number[],
  at: number,
  pauseMs: number,
): Found | undefined {
  const first = plain[spoken[at]!]!;
  const next = spoken[at + 1];
  if (first.endsWith('-') && next !== undefined) return { kind: 'repair', length: 1 };
  for (let length = 2; length <= LONGEST_RUN; length++) {
    const again = spoken[at + length];
    if (again === undefined) return undefined;
    const before = spoken[at + length - 1]!;
    const edited = EDITING_TERMS.has(plain[before]!);
    const interrupted =
      edited || again - before > 1 || words[again]!.startMs - words[before]!.endMs >= pauseMs;
    if (plain[again] === first && interrupted) return { kind: 'repair', length };
  }
  return undefined;
}

function describe(words: readonly TimedText[], kind: Disfluency['kind'], own: readonly number[]): Disfluency {
  return { kind, words: own, startMs: words[own[0]!]!.startMs, endMs: words[own.at(-1)!]!.endMs };
}
