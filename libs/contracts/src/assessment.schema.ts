import { z } from 'zod';

const points = z.number().min(0).max(100);
const ms = z.number().int().nonnegative();
const index = z.number().int().nonnegative();
const flat = z.number().nullable();

/** 0 to 100, and the ends of the interval that holds what is meant in 95 % of cases. */
export const intervalScoreSchema = z.object({ value: points, low: points, high: points });
const known = intervalScoreSchema.nullable();

/** A stretch of the recording. */
const span = { startMs: ms, endMs: ms };

/** Why something has no score, or a low one. */
export const assessmentReasonSchema = z.object({
  /** `speech.off_script`, `text.too_short`, … (docs/scores.md). */
  code: z.string(),
  message: z.string(),
  /** What is null or lower for it, as `utterance.fluency`; empty: all scores. */
  fields: z.array(z.string()),
  /** Of the assessment's words, from 0; empty: it is about the whole. */
  words: z.array(index),
  spans: z.array(z.object(span)),
});
export type AssessmentReasonJson = z.infer<typeof assessmentReasonSchema>;

/** What to practise, by a fault that the assessment found. */
export const assessmentAdviceSchema = z.object({
  /** `sound.practise`, `pause.plan`, … (docs/scores.md). */
  code: z.string(),
  message: z.string(),
  /** The sound to practise, as in the CMU dictionary; null: it is about no sound. */
  phone: z.string().nullable(),
  /** What it sounded like; null where that is not known. */
  substitution: z.string().nullable(),
  /** Of the assessment's words, from 0; empty: it is about the whole. */
  words: z.array(index),
  spans: z.array(z.object(span)),
});
export type AssessmentAdviceJson = z.infer<typeof assessmentAdviceSchema>;

const phoneSchema = z.object({
  phone: z.string(),
  ...span,
  accuracy: intervalScoreSchema,
  logPosterior: z.number(),
  substitution: z.object({ phone: z.string(), probability: z.number() }).nullable(),
});

/** Flat numbers by the names of another API; of its own rubric, not of the assessment's fields. */
export const compatibilityViewSchema = z.object({
  scores: z.object({
    pronunciation: flat,
    confidence: flat,
    clarity: flat,
    responseTime: flat,
    interactionFlow: flat,
    combined: flat,
  }),
  metrics: z.object({
    wordAccuracy: flat,
    phonemeAccuracy: flat,
    /** LUFS. */
    volumeLevel: flat,
    /** Words a minute. */
    speakingRate: flat,
    /** Pauses a minute. */
    pauseFrequency: flat,
    /** dBFS. */
    noiseLevel: flat,
    contextRelevance: flat,
  }),
});
export type CompatibilityViewJson = z.infer<typeof compatibilityViewSchema>;

/** How something was spoken; the JSON twin of parlance.voice.v1.Assessment. What is null cannot be known, and `reasons` says why. */
export const assessmentSchema = z.object({
  /** Against an expected text, or against the text that was recognised. */
  mode: z.enum(['scripted', 'free']),
  text: z.string(),
  utterance: z.object({
    accuracy: known,
    fluency: known,
    prosody: known,
    completeness: known,
    total: known,
    confidence: known,
    clarity: known,
  }),
  words: z.array(
    z.object({
      text: z.string(),
      startMs: ms.nullable(),
      endMs: ms.nullable(),
      accuracy: known,
      logLikelihood: z.number().nullable(),
      phones: z.array(phoneSchema),
    }),
  ),
  /** By name; null where the recording was not looked at. */
  facts: z.record(z.string(), z.number()).nullable(),
  /** Null where no word was recognised. */
  fluencyFacts: z
    .object({
      speechRateWpm: z.number(),
      articulationRateWpm: z.number(),
      phonationTimeRatio: z.number(),
      pauses: z.array(
        z.object({
          ...span,
          length: z.enum(['short', 'medium', 'long']),
          location: z.enum(['sentence', 'clause', 'phrase']),
          word: index,
        }),
      ),
      meanLengthOfRun: z.number(),
      disfluencies: z.array(
        z.object({ kind: z.enum(['filler', 'repetition', 'repair']), words: z.array(index), ...span }),
      ),
    })
    .nullable(),
  quality: z.object({
    loudnessLufs: flat,
    signalToNoiseDb: flat,
    clippingShare: z.number(),
    peakDbfs: z.number(),
    noiseLevelDbfs: flat,
    /** How listeners would rate the recording, 1 to 5 (DNSMOS P.835). */
    dnsmos: z
      .object({ signal: z.number(), background: z.number(), overall: z.number() })
      .nullable()
      // Assessments that were stored before it was rated have none.
      .default(null),
  }),
  reasons: z.array(assessmentReasonSchema),
  compatibility: compatibilityViewSchema,
  /** From a question's end to the end of its answer; null where it is not known when that was, or nobody speaks. */
  timing: z
    .object({
      /** Negative: they overlap. */
      gapMs: z.number().int(),
      answerMs: ms,
      /** Silences of 1 s or more within the answer, together. */
      lapseMs: ms,
    })
    .nullable()
    // Assessments that were stored before it was measured have none.
    .default(null),
  /** At most three pieces, the most helpful first; empty where nothing was faulty or nothing is known. */
  advice: z.array(assessmentAdviceSchema).default([]),
  /** How pitch and energy run, for drawing; null in assessments that were stored before there were any. */
  curves: z
    .object({
      stepMs: z.number().int().positive(),
      /** Hz, of each step; null where the sound has no pitch. */
      pitchHz: z.array(z.number().positive().nullable()),
      /** dB of full scale, of each step. */
      energyDbfs: z.array(z.number()),
    })
    .nullable()
    .default(null),
});
export type AssessmentJson = z.infer<typeof assessmentSchema>;

/** Longest text that a recording is compared with, characters. */
export const LONGEST_EXPECTED_TEXT = 20_000;
/** Longest recording that is assessed; scores are given for 30 s at most. */
export const LONGEST_ASSESSED_SECONDS = 120;

/** Longest question that an answer is compared with, characters. */
export const LONGEST_QUESTION = 4_000;
/** Furthest that a question's end may lie from its answer, milliseconds. */
export const LONGEST_RESPONSE_MS = 600_000;
