import { z } from 'zod';
import { turnIdentitySchema } from './identity.js';
import { usedBySchema } from './limits.schema.js';
import { feedbackReportSchema } from './feedback.schema.js';
import { speechMeasuresSchema, speechScoresSchema, wordSchema } from './measures.schema.js';

/** How fast speech is: 1 is the voice's own pace. */
export const speechSpeedSchema = z.number().min(0.25).max(4).default(1);

/** An object in the object store. */
export const objectReferenceSchema = z.object({
  key: z.string().min(1),
  contentType: z.string(),
  bytes: z.number().int().nonnegative(),
});
export type ObjectReference = z.infer<typeof objectReferenceSchema>;

/** What was said in a turn. Without its size it is stored beside the turn, and may not be there yet. */
export const recordingReferenceSchema = objectReferenceSchema.partial({ bytes: true });
export type RecordingReference = z.infer<typeof recordingReferenceSchema>;

/** A stage of a turn that a provider further down its chain completed, and why. */
export const degradationSchema = z.object({
  stage: z.enum(['recognition', 'reply', 'speech']),
  /** What failed or was busy. */
  from: z.string(),
  /** What was used in its place. */
  to: z.string(),
  /** An error code, such as `upstream.unavailable`; of replies one of the words in docs/language-models.md. */
  reason: z.string(),
});
export type Degradation = z.infer<typeof degradationSchema>;

/** Gateway → conversation: a person has spoken and was understood. */
export const turnTranscribedSchema = z.object({
  identity: turnIdentitySchema,
  /** 1 for a session's first turn; turns of a session are answered in this order. */
  sequence: z.number().int().positive(),
  text: z.string(),
  language: z.string(),
  words: z.array(wordSchema),
  /** Absent, like the scores, where a remote recogniser answered: only inference measures. */
  measures: speechMeasuresSchema.optional(),
  scores: speechScoresSchema.optional(),
  /** What fell back before the turn was transcribed; absent where nothing did. */
  degraded: z.array(degradationSchema).optional(),
  /** Absent of a turn that came as text. */
  recording: recordingReferenceSchema.optional(),
  /** Whether the reply is to be spoken, and by whom (empty: the default voice). */
  speak: z.boolean(),
  voice: z.string(),
  /** Of the spoken reply; below 1 for learners. */
  speed: speechSpeedSchema,
  /** What the client has the language model do, in place of being the coach; absent: the coach. */
  instructions: z.string().max(40_000).optional(),
  /** Whom usage is counted for, beside the tenant. */
  usedBy: usedBySchema.optional(),
  occurredAt: z.iso.datetime(),
});
export type TurnTranscribed = z.infer<typeof turnTranscribedSchema>;

/** Conversation → tts (work) and → the client (event): one sentence of the reply. */
export const replySentenceSchema = z.object({
  identity: turnIdentitySchema,
  /** 0-based. */
  index: z.number().int().nonnegative(),
  text: z.string().min(1),
  speak: z.boolean(),
  /** Empty: a voice of the language. */
  voice: z.string(),
  /** What the text is written in, ISO 639-1 or BCP 47; empty where nobody knows. */
  language: z.string().default(''),
  speed: speechSpeedSchema,
});
export type ReplySentence = z.infer<typeof replySentenceSchema>;

/** A remark on what was said: where (UTF-16 units of the transcript), what, and what to say instead. */
export const correctionSchema = z.object({
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  message: z.string(),
  suggestions: z.array(z.string()),
  /** Kind of the rule it breaks, as the checker names it: `Agreement`. */
  rule: z.string().optional(),
});
export type Correction = z.infer<typeof correctionSchema>;

/** Conversation → client: the reply is whole. */
export const turnRepliedSchema = z.object({
  identity: turnIdentitySchema,
  text: z.string(),
  sentences: z.number().int().nonnegative(),
  speak: z.boolean(),
  /** What answered, honestly: `groq:MODEL`, `builtin-coach`. */
  model: z.string(),
  corrections: z.array(correctionSchema),
  /** What fell back on the way; nothing where all went as configured. */
  degraded: z.array(degradationSchema).optional(),
  /** As the language model's server counted them; absent where none did. */
  usage: z
    .object({ inputTokens: z.number().int().nonnegative(), outputTokens: z.number().int().nonnegative() })
    .optional(),
});
export type TurnReplied = z.infer<typeof turnRepliedSchema>;

/** Conversation → client: what was good and what was not in what the person said; comes after the reply. */
export const turnFeedbackSchema = z.object({ identity: turnIdentitySchema, report: feedbackReportSchema });
export type TurnFeedback = z.infer<typeof turnFeedbackSchema>;

/** A spoken word; milliseconds from the start of its audio. */
export const speechWordSchema = z.object({
  text: z.string(),
  startMs: z.number().int().nonnegative(),
  endMs: z.number().int().nonnegative(),
});
export type SpeechWord = z.infer<typeof speechWordSchema>;

/** tts → client: the speech of one sentence is ready. */
export const speechReadySchema = z.object({
  identity: turnIdentitySchema,
  index: z.number().int().nonnegative(),
  audio: objectReferenceSchema,
  durationMs: z.number().int().nonnegative(),
  engine: z.string(),
  voice: z.string(),
  /** In the order of the text; empty where the engine does not tell them. */
  words: z.array(speechWordSchema).default([]),
  /** Where another engine spoke than the one first chosen. */
  degraded: degradationSchema.optional(),
});
export type SpeechReady = z.infer<typeof speechReadySchema>;

/** tts → client: one sentence of the reply will not be spoken, and stays text; the turn goes on. */
export const speechFailedSchema = z.object({
  identity: turnIdentitySchema,
  index: z.number().int().nonnegative(),
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
  /** `to` is `text`. */
  degraded: degradationSchema,
});
export type SpeechFailed = z.infer<typeof speechFailedSchema>;

/** Any stage → client: the turn cannot be completed; sent after the last delivery attempt. */
export const turnFailedSchema = z.object({
  identity: turnIdentitySchema,
  stage: z.enum(['conversation', 'tts']),
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
export type TurnFailed = z.infer<typeof turnFailedSchema>;
