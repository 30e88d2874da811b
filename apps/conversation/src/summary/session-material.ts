import type { GrammarError } from '@parlance/contracts';
import type { TurnRecord } from '@parlance/persistence';
import { isUncertain } from '../context/turn-trust.js';
import { MODERATION } from '../moderation/moderation.service.js';
import { TimeSlices } from './time-slices.js';

/** A word that was recognised with little certainty may have been said unclearly. */
const UNCLEAR_BELOW = 0.5;
const SHORTEST_WORD = 3;
/** A key phrase has as many words. */
const PHRASE_WORDS = { least: 4, most: 16 };

/** What a session's turns come to, in plain numbers and the person's own words. */
export interface SessionMaterial {
  /** Turns that count: with words in them that moderation let pass. */
  readonly turns: readonly TurnRecord[];
  /** Those with the most different words first. */
  readonly phrases: readonly string[];
  readonly corrections: readonly GrammarError[];
  readonly unclear: readonly string[];
  /** Means over the turns that were measured; undefined where none was. */
  readonly speech:
    { readonly wpm: number; readonly fluency: number; readonly longestPauseMs: number } | undefined;
  readonly wordsPerTurn: number;
}

/** Reads the turns in slices. @param all  a session's turns in order */
export async function materialOf(all: readonly TurnRecord[]): Promise<SessionMaterial> {
  const turns = all.filter(({ text, reply }) => text.trim() !== '' && reply?.model !== MODERATION);
  const slices = new TimeSlices();
  const phrases = new Map<string, number>();
  let words = 0;
  for (const turn of turns) {
    words += turn.text.split(/\s+/).length;
    if (!isUncertain(turn)) for (const [text, richness] of phrasesOf(turn)) phrases.set(text, richness);
    await slices.rest();
  }
  return {
    turns,
    phrases: [...phrases].sort(([, one], [, other]) => other - one).map(([text]) => text),
    corrections: correctionsOf(turns),
    unclear: unclearWordsOf(turns),
    speech: speechOf(turns),
    wordsPerTurn: turns.length === 0 ? 0 : words / turns.length,
  };
}

/** A turn's sentences without a mistake and of a sayable length, with the number of their different words. */
function phrasesOf({ text, feedback }: TurnRecord): [text: string, richness: number][] {
  const wrong = feedback?.errors.map((error) => error.text.toLowerCase()) ?? [];
  return sentencesOf(text)
    .filter((one) => !wrong.some((words) => one.toLowerCase().includes(words)))
    .map((one): [string, number] => [one, richnessOf(one)])
    .filter(([, richness]) => richness > 0);
}

function sentencesOf(text: string): string[] {
  return (text.match(/[^.!?。！？]+[.!?。！？]*/gu) ?? []).map((one) => one.trim());
}

/** Different words of a sentence; 0 where it is no phrase. Scripts without spaces are counted by characters. */
function richnessOf(sentence: string): number {
  const words = sentence.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [];
  const { least, most } = PHRASE_WORDS;
  if (words.length >= least && words.length <= most) return new Set(words).size;
  const isUnspaced =
    words.length > 0 && words.length < least && sentence.length >= 6 && sentence.length <= 40;
  return isUnspaced && /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Thai}]/u.test(sentence) ? least : 0;
}

/** Each mistake once, those that came most often first. */
function correctionsOf(turns: readonly TurnRecord[]): GrammarError[] {
  const counted = new Map<string, { error: GrammarError; count: number }>();
  for (const error of turns.flatMap(({ feedback }) => feedback?.errors ?? [])) {
    const key = `${error.text.toLowerCase()}→${error.correction.toLowerCase()}`;
    const before = counted.get(key);
    counted.set(key, { error: before?.error ?? error, count: (before?.count ?? 0) + 1 });
  }
  return [...counted.values()].sort((one, other) => other.count - one.count).map(({ error }) => error);
}

/** Words that were recognised least certainly, each once. */
function unclearWordsOf(turns: readonly TurnRecord[]): string[] {
  const unclear = turns
    .flatMap(({ words }) => words)
    .filter(({ confidence }) => confidence < UNCLEAR_BELOW)
    .sort((one, other) => one.confidence - other.confidence)
    .map(({ text }) => text.replace(/[^\p{L}\p{M}\p{N}'’-]/gu, ''));
  return [...new Set(unclear.filter((word) => word.length >= SHORTEST_WORD))];
}

function speechOf(turns: readonly TurnRecord[]): SessionMaterial['speech'] {
  const measured = turns.flatMap(({ measures, scores }) =>
    measures && scores ? [{ measures, scores }] : [],
  );
  if (measured.length === 0) return undefined;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / measured.length;
  return {
    wpm: Math.round(mean(measured.map(({ measures }) => measures.speechRateWpm))),
    fluency: Math.round(mean(measured.map(({ scores }) => scores.fluency))),
    longestPauseMs: Math.max(...measured.map(({ measures }) => measures.longestPauseMs)),
  };
}
