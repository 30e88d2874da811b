import { disfluencies, type Disfluency } from './disfluencies.js';

/** A recognised word with its place in the recording; punctuation may stand beside it. */
export interface SpokenWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Shorter silences belong to articulation (N. de Jong and H. Bosker, "Choosing a threshold for silent pauses to measure second language
 *  fluency", DiSS 2013). */
const PAUSE_MS = 250;
const MEDIUM_PAUSE_MS = 500;
const LONG_PAUSE_MS = 1000;

export interface SilentPause {
  readonly startMs: number;
  readonly endMs: number;
  readonly length: 'short' | 'medium' | 'long';
  /** Behind a sentence, behind a comma or the like, or within a phrase, where fluent speakers hardly pause (Kahng, 2014). */
  readonly location: 'sentence' | 'clause' | 'phrase';
  /** The word before it. */
  readonly word: number;
}

/** How fluently a text was spoken, from the times of its words alone; no model and no score. */
export interface FluencyFacts {
  /** Words a minute from the first word's start to the last one's end, fillers not counted (Cucchiarini, Strik and Boves, 2000). */
  readonly speechRateWpm: number;
  /** The same without the time of pauses. */
  readonly articulationRateWpm: number;
  /** Share of that time that is not pauses. */
  readonly phonationTimeRatio: number;
  readonly pauses: readonly SilentPause[];
  /** Mean number of words between pauses (Lennon, 1990). */
  readonly meanLengthOfRun: number;
  readonly disfluencies: readonly Disfluency[];
}

/** @param words  in the order of time, fillers among them
 *  @returns undefined for no words */
export function fluencyFacts(words: readonly SpokenWord[]): FluencyFacts | undefined {
  const [first] = words;
  const last = words.at(-1);
  if (!first || !last) return undefined;
  const pauses = silentPauses(words);
  const found = disfluencies(words, PAUSE_MS);
  const fillers = found.filter(({ kind }) => kind === 'filler');
  const counted = words.length - fillers.reduce((sum, { words: own }) => sum + own.length, 0);
  const spanMs = Math.max(1, last.endMs - first.startMs);
  const pausedMs = pauses.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return {
    speechRateWpm: (counted * 60_000) / spanMs,
    articulationRateWpm: (counted * 60_000) / Math.max(1, spanMs - pausedMs),
    phonationTimeRatio: (spanMs - pausedMs) / spanMs,
    pauses,
    meanLengthOfRun: counted / (pauses.length + 1),
    disfluencies: found,
  };
}

function silentPauses(words: readonly SpokenWord[]): SilentPause[] {
  return words.slice(1).flatMap((next, word) => {
    const { text, endMs } = words[word]!;
    const ms = next.startMs - endMs;
    if (ms < PAUSE_MS) return [];
    return [
      { startMs: endMs, endMs: next.startMs, length: lengthOf(ms), location: locationBehind(text), word },
    ];
  });
}

function lengthOf(ms: number): SilentPause['length'] {
  if (ms < MEDIUM_PAUSE_MS) return 'short';
  return ms < LONG_PAUSE_MS ? 'medium' : 'long';
}

function locationBehind(text: string): SilentPause['location'] {
  if (/[.!?…]["'”’)]*$/u.test(text.trim())) return 'sentence';
  return /[,;:–—]["'”’)]*$/u.test(text.trim()) ? 'clause' : 'phrase';
}
