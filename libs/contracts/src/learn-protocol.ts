import { z } from 'zod';
import { assessmentSchema, LONGEST_EXPECTED_TEXT } from './assessment.schema.js';
import { teachingModeCodeSchema } from './catalogue.schema.js';
import { feedbackReportSchema } from './feedback.schema.js';
import { ulidSchema } from './identity.js';
import { spokenTagSchema } from './language.schema.js';
import { speechScoresSchema } from './measures.schema.js';
import { LEVELS } from './language.js';
import { errorBodySchema } from './socket-error.schema.js';
import { textSchema } from './text.schema.js';
import { correctionSchema, degradationSchema } from './turn-messages.schema.js';

/** The WebSocket API `/v1/learn`, for learning clients: JSON in text frames, and audio in binary frames where the client likes that better.
 *  The key is told as at `/v1/listen`. One session at a time runs on a socket; a message at fault is answered by an
 *  `error` and changes nothing else. */

/** What a client sends: 16-bit little-endian mono, at this rate. */
export const LEARN_INPUT_RATE_HZ = 16_000;
/** What a reply is sent as, in the same form. */
export const LEARN_OUTPUT_RATE_HZ = 24_000;
/** Audio of one message, milliseconds. */
export const LEARN_MAX_AUDIO_MS = 10_000;

const upperCased = z.string().max(10).toUpperCase();

/** Messages of the client, told apart by `type`. One with a field that is not known is refused by that field's name. */
export const learnMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('start_session'),
    /** The learner in the client's own system; given back with the session. */
    user_external_id: z.string().min(1).max(200),
    mother_language: spokenTagSchema,
    /** Spoken by the learner and by the coach; left out: detected from what is said. */
    target_language: spokenTagSchema,
    user_level: upperCased.pipe(z.enum(LEVELS)).optional(),
    /** One of `get_teaching_modes`. */
    teaching_mode: teachingModeCodeSchema.default('conversation'),
    /** One of `get_scenarios`. */
    scenario_id: z.string().min(1).max(100).optional(),
    /** Whether each utterance is assessed: an `assessment` follows it. */
    assess: z.boolean().default(false),
    /** What is to be said, where utterances are assessed; empty: what is recognised is scored. */
    expected_text: textSchema(LONGEST_EXPECTED_TEXT).default(''),
  }),
  /** As a binary frame of the same samples. */
  z.strictObject({ type: z.literal('audio'), data: z.base64().min(1) }),
  /** Ends the session: what was said is still answered, and then the summary is told. */
  z.strictObject({ type: z.literal('end_session') }),
  z.strictObject({ type: z.literal('get_teaching_modes') }),
  z.strictObject({ type: z.literal('get_languages') }),
  z.strictObject({ type: z.literal('get_scenarios') }),
  z.strictObject({ type: z.literal('get_status') }),
]);
export type LearnMessage = z.infer<typeof learnMessageSchema>;
export type LearnStart = Extract<LearnMessage, { type: 'start_session' }>;

const audioFormat = {
  encoding: z.literal('linear16'),
  sample_rate: z.number().int(),
  channels: z.literal(1),
};

/** What a session came to. */
export const learnSummarySchema = z.object({
  turns: z.number().int(),
  /** Spoken by the learner. */
  words: z.number().int(),
  /** From `session_started` on. */
  duration_ms: z.number().int(),
  /** The speech alone. */
  speech_ms: z.number().int(),
  /** Of the turns that have scores; null where none has. */
  mean_scores: speechScoresSchema.nullable(),
  /** How often each rule was broken. */
  errors_by_rule: z.record(z.string(), z.number().int()),
  /** Turns whose feedback had not come when the session ended: their errors are not in the summary. */
  turns_without_feedback: z.number().int(),
});
export type LearnSummary = z.infer<typeof learnSummarySchema>;

/** Events of the server, told apart by `type`. `turn_id` is the turn of `GET /api/v1/turns/:id`. */
export const learnEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    request_id: z.string(),
    audio: z.object({ input: z.object(audioFormat), output: z.object(audioFormat) }),
  }),
  z.object({
    type: z.literal('session_started'),
    session_id: ulidSchema,
    user_external_id: z.string(),
    teaching_mode: z.string(),
    user_level: z.enum(LEVELS).optional(),
    scenario_id: z.string().optional(),
    /** What the coach says to begin the scenario, as text. */
    opening: z.string().optional(),
  }),
  z.object({
    type: z.literal('transcription'),
    utterance_id: z.string(),
    text: z.string(),
    /** Whether the text may still change. */
    is_final: z.boolean(),
    language: z.string(),
    start_ms: z.number(),
    end_ms: z.number(),
  }),
  /** One spoken sentence of the reply; sentences come in order. */
  z.object({
    type: z.literal('audio'),
    turn_id: ulidSchema,
    index: z.number().int(),
    text: z.string(),
    /** Base64 of 24 kHz 16-bit little-endian mono. */
    data: z.string(),
    sample_rate: z.number().int(),
    duration_ms: z.number().int(),
  }),
  /** The learner makes a sound while this reply is played: pause it at once. What follows within 2 s is either the next event, or
   *  `turn_complete` with `interrupted`: then it is over. */
  z.object({ type: z.literal('playback_paused'), turn_id: ulidSchema }),
  /** It was a cough or the like: go on where the reply was paused. */
  z.object({ type: z.literal('playback_resumed'), turn_id: ulidSchema }),
  /** What was good and what was not in what the learner said; comes before or after its turn is complete. */
  z.object({
    type: z.literal('feedback'),
    turn_id: ulidSchema,
    utterance_id: z.string(),
    scores: speechScoresSchema.optional(),
    report: feedbackReportSchema,
  }),
  /** How it was spoken, where `start_session` asks for it; times are from the start of the utterance. */
  z.object({
    type: z.literal('assessment'),
    turn_id: ulidSchema,
    utterance_id: z.string(),
    assessment: assessmentSchema,
  }),
  z.object({
    type: z.literal('turn_complete'),
    turn_id: ulidSchema,
    utterance_id: z.string(),
    /** `interrupted`: the learner spoke while the reply was played; nothing more of it follows. */
    status: z.enum(['answered', 'interrupted', 'failed']),
    /** The reply; of an interrupted one what was played. */
    text: z.string(),
    sentences: z.number().int(),
    /** What answered; empty where nothing did. */
    model: z.string(),
    corrections: z.array(correctionSchema),
    /** What fell back, in the recognition of what was said and in the reply. */
    degraded: z.array(degradationSchema),
  }),
  z.object({ type: z.literal('session_ended'), session_id: ulidSchema, summary: learnSummarySchema }),
  z.object({
    type: z.literal('teaching_modes'),
    modes: z.array(z.object({ id: z.string(), label: z.string(), description: z.string() })),
  }),
  z.object({
    type: z.literal('languages'),
    /** `has_recognition`: a model that is loaded knows it; `has_voice`: replies in it can be spoken. */
    languages: z.array(
      z.object({
        code: z.string(),
        name: z.string(),
        native_name: z.string(),
        has_recognition: z.boolean(),
        has_voice: z.boolean(),
      }),
    ),
  }),
  z.object({
    type: z.literal('scenarios'),
    scenarios: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        mode: z.string(),
        level: z.enum(LEVELS),
        /** None: for any. */
        languages: z.array(z.string()),
        roles: z.object({ coach: z.string(), learner: z.string() }),
        goals: z.array(z.string()),
      }),
    ),
  }),
  z.object({
    type: z.literal('status'),
    state: z.enum(['idle', 'in_session']),
    session_id: ulidSchema.optional(),
    turns: z.number().int(),
    words: z.number().int(),
    duration_ms: z.number().int(),
  }),
  z.object({ type: z.literal('error'), error: errorBodySchema, turn_id: ulidSchema.optional() }),
]);
export type LearnEvent = z.infer<typeof learnEventSchema>;
