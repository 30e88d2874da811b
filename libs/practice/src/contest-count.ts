import type { Contest, ContestEntry } from '@parlance/contracts';
import { dayOf } from './calendar.js';
import { normalized, textHash } from './question-text.js';

/** What of a turn is counted by. */
export interface SpokenTurn {
  readonly text: string;
  /** As recognised, ISO 639-1. */
  readonly language: string;
  readonly createdAt: Date;
  /** Words a minute as measured, and how long was spoken; undefined where nothing was measured. */
  readonly measures?: { readonly speechRateWpm: number; readonly speechMs: number } | undefined;
  /** Words with their times: of speech that was recognised, none of a text that was typed. */
  readonly words: readonly unknown[];
}

/** What was said in the session just before a turn: by the platform's voice, and by the learner. */
export interface SaidBefore {
  readonly replies: readonly string[];
  readonly turns: readonly string[];
}

/** Why a turn does not count, or not in full. */
export type ContestRefusal = 'repetition' | 'playback' | 'speed';

export interface CountedTurn {
  /** Those that count, in one spelling. */
  readonly words: readonly string[];
  readonly refusal?: ContestRefusal;
}

/** Faster than people speak: auctioneers reach about 300 words a minute for a while, and short words and errors of measure come on
 *  top. */
const FASTEST_WPM = 350;
/** A turn repeats itself where fewer of its words are different than this: the mean share of different words in a moving window (MATTR,
 *  Covington & McFall 2010). Spoken English has .7 and more in windows of 50 words. */
const WINDOW = 50;
const LEAST_DIFFERENT = 0.4;
/** Shorter turns repeat words without being a loop. */
const SHORTEST_LOOP = 12;
/** A turn is what was said before where so many of its runs of three words stand in it (containment, Broder 1997). */
const RUN = 3;
const SAME_AS_REPLY = 0.6;
const SAME_AS_TURN = 0.8;
/** Shorter ones are answers such as “yes, I do”, which everybody gives again. */
const SHORTEST_COPY = 5;

/** Turns of an entry whose hashes are kept. */
const MOST_SAID = 500;
/** Different words that are remembered of an entry: nobody says more in a contest. */
const MOST_DIFFERENT = 20_000;

/** Which words of a turn count in a contest. */
export function countTurn({ text, measures }: SpokenTurn, before: SaidBefore): CountedTurn {
  const words = normalizedWords(text);
  if (measures && measures.speechRateWpm > FASTEST_WPM) return { words: [], refusal: 'speed' };
  if (words.length >= SHORTEST_COPY) {
    if (containment(words, before.replies) >= SAME_AS_REPLY) return { words: [], refusal: 'playback' };
    if (containment(words, before.turns) >= SAME_AS_TURN) return { words: [], refusal: 'repetition' };
  }
  if (words.length >= SHORTEST_LOOP && shareOfDifferent(words) < LEAST_DIFFERENT)
    return { words: [...new Set(words)], refusal: 'repetition' };
  return { words };
}

/** Whether a turn was spoken in the contest's language, while the contest was on and after the learner had joined. It counts as this platform
 *  recognised and measured it: what clients say they have recognised does not. */
export function isInContest(
  { createdAt, measures, language }: SpokenTurn,
  { starts_at: from, ends_at: until, language: wanted }: Contest,
  { joined_at: joined }: ContestEntry,
): boolean {
  if (measures === undefined || (wanted !== '' && wanted !== language)) return false;
  const at = createdAt.getTime();
  return at >= Date.parse(from) && at >= Date.parse(joined) && at < Date.parse(until);
}

/** The entry with a turn in it. */
export function withTurn(
  entry: ContestEntry,
  contest: Contest,
  turn: SpokenTurn,
  before: SaidBefore,
): ContestEntry {
  const hash = textHash(turn.text);
  const { words, refusal } =
    entry.said.includes(hash) && normalizedWords(turn.text).length >= SHORTEST_COPY
      ? NOTHING_NEW
      : countTurn(turn, before);
  const counting = contest.kind === 'target_words' ? targetsIn(turn, words, contest) : words;
  const day = dayOf(turn.createdAt, contest.time_zone);
  const different = [...new Set([...entry.different, ...counting])].slice(0, MOST_DIFFERENT);
  return {
    ...entry,
    words: entry.words + words.length,
    days: { ...entry.days, [day]: (entry.days[day] ?? 0) + words.length },
    different,
    different_words: different.length,
    turns: entry.turns + 1,
    said: [...entry.said.filter((one) => one !== hash), hash].slice(-MOST_SAID),
    refused: refusal ? { ...entry.refused, [refusal]: entry.refused[refusal] + 1 } : entry.refused,
  };
}

const NOTHING_NEW: CountedTurn = { words: [], refusal: 'repetition' };

/** What an entry is ranked by. */
export function scoreOf({ words, days, different }: ContestEntry, kind: Contest['kind']): number {
  if (kind === 'words_in_all') return words;
  if (kind === 'words_a_day') return Math.max(0, ...Object.values(days));
  return different.length;
}

/** Scripts that are written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Words in one spelling. Where they are written without spaces, the words of ICU's dictionaries. */
export function normalizedWords(text: string): string[] {
  const plain = normalized(text);
  if (plain === '') return [];
  if (!UNSPACED.test(plain)) return plain.split(' ');
  return [...segmenter.segment(plain)].filter((one) => one.isWordLike).map(({ segment }) => segment);
}

/** Targets that are said, phrases as whole words. A turn of which no word counts says none. */
function targetsIn({ text }: SpokenTurn, counted: readonly string[], { targets }: Contest): string[] {
  if (counted.length === 0) return [];
  const said = ` ${normalized(text)} `;
  return targets.map(normalized).filter((target) => said.includes(` ${target} `));
}

/** The share of a text's runs of three words that stand in one of the others or in several of them. */
function containment(words: readonly string[], others: readonly string[]): number {
  const runs = runsOf(words);
  if (runs.length === 0) return 0;
  const there = new Set(others.flatMap((other) => runsOf(normalizedWords(other))));
  return runs.filter((run) => there.has(run)).length / runs.length;
}

function runsOf(words: readonly string[]): string[] {
  return words.slice(RUN - 1).map((_, index) => words.slice(index, index + RUN).join(' '));
}

function shareOfDifferent(words: readonly string[]): number {
  const size = Math.min(WINDOW, words.length);
  const windows = words.length - size + 1;
  let sum = 0;
  for (let start = 0; start < windows; start += 1)
    sum += new Set(words.slice(start, start + size)).size / size;
  return sum / windows;
}
