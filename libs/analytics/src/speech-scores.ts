import type { SpeechMeasures__Output, SpeechScores__Output } from '@parlance/contracts';

/** Points [measure, score] of a piecewise-linear curve; outside them the nearest one's score holds. */
type Anchors = readonly (readonly [number, number])[];

/**
 * Articulation rate, words a minute of speech. 130–190 is how radio news and audiobooks are read (150–160 over all, pauses
 * taken out) and follows easily; under 60 words come singly, over 300 listeners lose track (Tauroza & Allison 1990).
 */
const PACE: Anchors = [
  [0, 0],
  [60, 30],
  [100, 75],
  [130, 100],
  [190, 100],
  [240, 70],
  [300, 30],
  [360, 10],
];

/** Share of silence between first and last word. Fluent readers pause 10–20 % of the time, halting ones over 40 %. */
const PAUSE_SHARE: Anchors = [
  [0.18, 100],
  [0.3, 75],
  [0.45, 35],
  [0.65, 0],
];

/** Longest single pause, ms: a breath takes up to 700, a lost thread 2000 and more. */
const LONGEST_PAUSE: Anchors = [
  [700, 100],
  [1500, 70],
  [3000, 30],
  [6000, 0],
];

/** Words between pauses ("mean length of run"): fluent speech runs 7–10 words, beginners 2–3 (Lennon 1990). */
const RUN_LENGTH: Anchors = [
  [0, 0],
  [1, 20],
  [3, 55],
  [6, 85],
  [9, 100],
];

/** Speech over noise, dB: 30 is a quiet room and a headset, 10 a café, 0 as much noise as speech. */
const SIGNAL_TO_NOISE: Anchors = [
  [0, 0],
  [5, 25],
  [10, 50],
  [20, 85],
  [30, 100],
];

/** Speech level, dBFS: well-set microphones give −30 to −12; below −50 the words drown in quantisation and hum. */
const LEVEL: Anchors = [
  [-60, 0],
  [-50, 40],
  [-40, 75],
  [-30, 100],
  [-10, 100],
  [-3, 70],
];

/** Share of samples at full scale: from one in a thousand distortion is audible, at five in a hundred it is unpleasant. */
const CLIPPING: Anchors = [
  [0, 100],
  [0.001, 85],
  [0.01, 45],
  [0.05, 0],
];

/**
 * Scores 0–100 by open formulas over the measures; no model, no comparison with other speakers.
 * - pace: `PACE` of the articulation rate.
 * - pauses: 60 % share of silence, 40 % longest pause.
 * - fluency: 50 % words between pauses, 30 % pauses, 20 % pace.
 * - soundQuality: the worst of noise, level and clipping, since any one of them spoils a recording.
 * - overall: 40 % fluency, 20 % each of the others.
 * Where no word was recognised everything but the sound quality is 0; where there is no speech that is 0 too.
 */
export function scoreSpeech(measures: SpeechMeasures__Output): SpeechScores__Output {
  const soundQuality = measures.speechMs === 0 ? 0 : scoreSound(measures);
  if (measures.wordCount === 0 || measures.speechMs === 0)
    return { fluency: 0, pace: 0, pauses: 0, soundQuality, overall: 0.2 * soundQuality };
  const paused = measures.pauses.reduce((sum, pause) => sum + pause.endMs - pause.startMs, 0);
  const pace = curve(PACE, measures.articulationRateWpm);
  const pauses =
    0.6 * curve(PAUSE_SHARE, paused / (paused + measures.speechMs)) +
    0.4 * curve(LONGEST_PAUSE, measures.longestPauseMs);
  const run = measures.wordCount / (measures.pauses.length + 1);
  // A short utterance cannot hold a long run; without a single pause it is as fluent as it can be.
  const runs = measures.pauses.length === 0 ? 100 : curve(RUN_LENGTH, run);
  const fluency = 0.5 * runs + 0.3 * pauses + 0.2 * pace;
  const overall = 0.4 * fluency + 0.2 * (pace + pauses + soundQuality);
  return { fluency, pace, pauses, soundQuality, overall };
}

function scoreSound(measures: SpeechMeasures__Output): number {
  return Math.min(
    curve(SIGNAL_TO_NOISE, measures.signalToNoiseDb),
    curve(LEVEL, measures.speechLevelDbfs),
    curve(CLIPPING, measures.clippingRatio),
  );
}

function curve(anchors: Anchors, value: number): number {
  let [lowX, lowY] = anchors[0] ?? [0, 0];
  if (value <= lowX) return lowY;
  for (const [x, y] of anchors) {
    if (value <= x) return lowY + ((y - lowY) * (value - lowX)) / (x - lowX);
    [lowX, lowY] = [x, y];
  }
  return lowY;
}
