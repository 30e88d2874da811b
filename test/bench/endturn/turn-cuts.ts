import type { RecognizedWord } from '@parlance/whisper';

const SAMPLES_PER_MS = 16;
const FRAME = 10 * SAMPLES_PER_MS;
/** Word times are off by so much. */
const TIMES_MARGIN_MS = 80;
/** So far below the level of the speech a frame is part of a pause. */
const PAUSE_DB = 25;
/** A pause that the reader made, rather than a gap between two words. */
const PAUSE_MS = 120;
/** Too early in a sentence nothing can be told. */
const FEWEST_WORDS = 2;

/** A place within a sentence where its recording is cut. */
export interface TurnCut {
  /** Sample. */
  readonly at: number;
  /** Silence around it in the recording; below `PAUSE_MS` it is a gap between words. */
  readonly pauseMs: number;
}

/**
 * Places within sentences: the longest pause that the reader made there, and the gap between two words in the middle, since who
 * searches for a word stops anywhere.
 * @param words  of the whole recording, with the recogniser's punctuation
 */
export function cutsOf(samples: Float32Array, words: readonly RecognizedWord[]): TurnCut[] {
  const levels = levelsOf(samples);
  const loud = [...levels].sort((a, b) => a - b)[Math.floor(levels.length * 0.9)] ?? 0;
  const candidates = words.slice(0, -1).flatMap((word, i) => {
    const next = words[i + 1];
    if (!next || i + 1 < FEWEST_WORDS || /[.?!]["')]*$/.test(word.text)) return [];
    return [
      quietestIn(levels, word.endMs - TIMES_MARGIN_MS, next.startMs + TIMES_MARGIN_MS, loud - PAUSE_DB),
    ];
  });
  const [longest] = [...candidates].sort((a, b) => b.pauseMs - a.pauseMs);
  const gaps = candidates.filter(({ pauseMs }) => pauseMs < PAUSE_MS);
  const gap = gaps[gaps.length >> 1];
  return [...(longest && longest.pauseMs >= PAUSE_MS ? [longest] : []), ...(gap ? [gap] : [])];
}

/** Noise as loud as the quietest tenth of a recording: what a microphone records while nobody speaks. */
export function roomTone(samples: Float32Array, length: number, seed = 1): Float32Array {
  const levels = [...levelsOf(samples)].sort((a, b) => a - b);
  const level = levels[Math.floor(levels.length / 10)] ?? -90;
  const amplitude = Math.sqrt(3) * 10 ** (Math.max(-90, Math.min(-45, level)) / 20);
  let state = seed;
  return Float32Array.from({ length }, () => {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * amplitude;
  });
}

/** dB of every 10 ms. */
function levelsOf(samples: Float32Array): Float32Array {
  return Float32Array.from({ length: Math.floor(samples.length / FRAME) }, (_, i) => {
    let squares = 0;
    for (let n = i * FRAME; n < (i + 1) * FRAME; n++) squares += samples[n]! * samples[n]!;
    return 10 * Math.log10(squares / FRAME + 1e-12);
  });
}

/** The quietest place between two times, and how long it is quiet around it. */
function quietestIn(levels: Float32Array, fromMs: number, toMs: number, quietBelow: number): TurnCut {
  const first = Math.max(0, Math.floor(fromMs / 10));
  const last = Math.min(levels.length - 1, Math.ceil(toMs / 10));
  let quietest = first;
  for (let i = first; i <= last; i++) if (levels[i]! < levels[quietest]!) quietest = i;
  let [begin, end] = [quietest, quietest];
  while (begin > 0 && levels[begin - 1]! < quietBelow) begin--;
  while (end < levels.length - 1 && levels[end + 1]! < quietBelow) end++;
  return {
    at: (quietest + 0.5) * FRAME,
    pauseMs: levels[quietest]! < quietBelow ? (end - begin + 1) * 10 : 0,
  };
}
