import { z } from 'zod';

/** How a turn was spoken; the JSON twin of parlance.voice.v1.SpeechMeasures. */
export const speechMeasuresSchema = z.object({
  audioMs: z.number().nonnegative(),
  speechMs: z.number().nonnegative(),
  speechRatio: z.number().min(0).max(1),
  speechLevelDbfs: z.number(),
  noiseLevelDbfs: z.number(),
  signalToNoiseDb: z.number(),
  peakDbfs: z.number(),
  clippingRatio: z.number().min(0).max(1),
  pauses: z.array(z.object({ startMs: z.number(), endMs: z.number() })),
  longestPauseMs: z.number().nonnegative(),
  wordCount: z.number().int().nonnegative(),
  speechRateWpm: z.number().nonnegative(),
  articulationRateWpm: z.number().nonnegative(),
});
export type SpeechMeasuresJson = z.infer<typeof speechMeasuresSchema>;

const score = z.number().min(0).max(100);

/** 0..100 each; the JSON twin of parlance.voice.v1.SpeechScores. */
export const speechScoresSchema = z.object({
  fluency: score,
  pace: score,
  pauses: score,
  soundQuality: score,
  overall: score,
});
export type SpeechScoresJson = z.infer<typeof speechScoresSchema>;

export const wordSchema = z.object({
  text: z.string(),
  startMs: z.number().nonnegative(),
  endMs: z.number().nonnegative(),
  confidence: z.number().min(0).max(1),
});
export type WordJson = z.infer<typeof wordSchema>;
