import { z } from 'zod';
import { turnIdentitySchema } from './identity.js';
import { speechMeasuresSchema, speechScoresSchema, wordSchema } from './measures.schema.js';

/** An object in the object store. */
export const objectReferenceSchema = z.object({
  key: z.string().min(1),
  contentType: z.string(),
  bytes: z.number().int().nonnegative(),
});
export type ObjectReference = z.infer<typeof objectReferenceSchema>;

/** Gateway → conversation: a person has spoken and was understood. */
export const turnTranscribedSchema = z.object({
  identity: turnIdentitySchema,
  /** 1 for a session's first turn; turns of a session are answered in this order. */
  sequence: z.number().int().positive(),
  text: z.string(),
  language: z.string(),
  words: z.array(wordSchema),
  measures: speechMeasuresSchema,
  scores: speechScoresSchema,
  recording: objectReferenceSchema,
  /** Whether the reply is to be spoken, and by whom (empty: the default voice). */
  speak: z.boolean(),
  voice: z.string(),
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
});
export type ReplySentence = z.infer<typeof replySentenceSchema>;

/** A remark on what was said: where (UTF-16 units of the transcript), what, and what to say instead. */
export const correctionSchema = z.object({
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  message: z.string(),
  suggestions: z.array(z.string()),
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
});
export type TurnReplied = z.infer<typeof turnRepliedSchema>;

/** tts → client: the speech of one sentence is ready. */
export const speechReadySchema = z.object({
  identity: turnIdentitySchema,
  index: z.number().int().nonnegative(),
  audio: objectReferenceSchema,
  durationMs: z.number().int().nonnegative(),
  engine: z.string(),
  voice: z.string(),
});
export type SpeechReady = z.infer<typeof speechReadySchema>;

/** Any stage → client: the turn cannot be completed; sent after the last delivery attempt. */
export const turnFailedSchema = z.object({
  identity: turnIdentitySchema,
  stage: z.enum(['conversation', 'tts']),
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
export type TurnFailed = z.infer<typeof turnFailedSchema>;
