import { z } from 'zod';
import { liveDecodingSchema } from './decoding-options.schema.js';
import { feedbackReportSchema } from './feedback.schema.js';
import { ulidSchema } from './identity.js';
import { languageListSchema, languageSchema } from './language.schema.js';
import { speechMeasuresSchema, speechScoresSchema } from './measures.schema.js';
import { errorBodySchema } from './socket-error.schema.js';
import { textSchema } from './text.schema.js';
import { correctionSchema, degradationSchema } from './turn-messages.schema.js';

/** What a client may ask of the endpointer, and what it gets where it asks for nothing (parlance.voice.v1.EndpointingConfig). */
export const ENDPOINTING = {
  /** Silence that ends an utterance. */
  silenceMs: { min: 100, max: 10_000, usual: 500 },
  /** Utterances are cut here at the latest. */
  maxUtteranceMs: { min: 4_000, max: 29_000, usual: 28_000 },
  /** Speech probability from which on sound counts as speech. */
  threshold: { min: 0.2, max: 0.95, usual: 0.5 },
  /** Audio before the detected start of speech that belongs to the utterance. */
  prefixMs: { min: 0, max: 2_000, usual: 300 },
} as const;

/** The WebSocket API `/v1/listen`: audio in binary frames, control and events in JSON text frames. What keeps it from being
 *  opened is the HTTP answer of the upgrade to clients that send an Authorization header, and an Error event and close code
 *  to others: browsers cannot see that answer. */

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true');

const within = (bounds: (typeof ENDPOINTING)[keyof typeof ENDPOINTING], number: z.ZodCoercedNumber) =>
  number.min(bounds.min).max(bounds.max).default(bounds.usual);

/** A whole number in digits, as it stands in a query. */
export const digitsSchema = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number in digits')
  .transform(Number);

const parametersSchema = z.strictObject({
  ...liveDecodingSchema.shape,
  /** The API key, where a browser can send no header. */
  token: z.string().optional(),
  /** Left out: a sound file (WebM, Ogg, MP4 in fragments, MP3, AAC, FLAC, WAV) by its first bytes, else linear16. */
  encoding: z.enum(['linear16', 'float32', 'wav', 'opus']).optional(),
  /** Hz, as `channels` of raw encodings; wav and opus carry their own. */
  sample_rate: z.coerce.number().int().min(8_000).max(192_000).default(16_000),
  channels: z.coerce.number().int().min(1).max(2).default(1),
  model: z.string().max(200).default(''),
  /** Left out: detected, by each utterance anew. */
  language: languageSchema,
  /** What it is detected among: `languages=en,es`. */
  languages: languageListSchema,
  prompt: textSchema(8_000).default(''),
  /** `translate`: into English. */
  task: z.enum(['transcribe', 'translate']).default('transcribe'),
  interim_results: flag(true),
  /** A fixed silence that ends an utterance, milliseconds; 500 where neither it nor `eagerness` is given and there is no
   *  conversation. */
  endpointing: z.coerce
    .number()
    .int()
    .min(ENDPOINTING.silenceMs.min)
    .max(ENDPOINTING.silenceMs.max)
    .optional(),
  /** Instead: a model judges from sound and text whether the speaker has finished; how soon it believes so. */
  eagerness: z.enum(['low', 'medium', 'high']).optional(),
  /** Utterances are cut here at the latest, milliseconds. */
  max_utterance: within(ENDPOINTING.maxUtteranceMs, z.coerce.number().int()),
  /** Speech probability from which on sound counts as speech. */
  vad_threshold: within(ENDPOINTING.threshold, z.coerce.number()),
  /** Every final utterance becomes a turn that is answered. */
  converse: flag(false),
  /** An earlier session to go on with; left out, a new one begins. */
  session: ulidSchema.optional(),
  /** Events behind this sequence are sent (again): where a client that comes back left off. */
  after: digitsSchema.optional(),
  /** Whether replies are spoken; left out: as the session's settings have it, in a new one they are. */
  speak: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  voice: z.string().max(100).default(''),
  /** The spoken reply follows its SpeechReady event as a binary frame. */
  audio: flag(false),
});

/** Query parameters of the connection; openai/whisper's decoding options, by their names, are among them. One that is not
 *  known, and one of a conversation where there is none, is refused by its name: it would have no effect. */
export const listenQuerySchema = parametersSchema.superRefine((query, context) => {
  if (query.endpointing !== undefined && query.eagerness !== undefined)
    context.addIssue({ code: 'custom', path: ['eagerness'], message: 'cannot be given beside endpointing' });
  if (query.converse) return;
  const { session, after, speak, voice, audio } = query;
  const given = { session, after, speak: speak === false, voice, audio };
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && value !== false && value !== '')
      context.addIssue({ code: 'custom', path: [name], message: 'needs converse=true' });
});
export type ListenQuery = z.infer<typeof listenQuerySchema>;

/** Text frames of the client. */
export const listenControlSchema = z.object({ type: z.enum(['Finalize', 'KeepAlive', 'CloseStream']) });

/** A word; times in seconds from the stream's start. */
const spokenWordSchema = z.object({
  word: z.string(),
  start: z.number(),
  end: z.number(),
  confidence: z.number(),
});

const turnEvent = { turn: ulidSchema, session: ulidSchema, sequence: z.number().int() };

/** Text frames of the server, told apart by `type`. `sequence` numbers a session's events for `after`. */
export const listenEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('Metadata'),
    request_id: z.string(),
    model: z.string(),
    session: ulidSchema.optional(),
    /** Seconds of audio received; only at the end. */
    duration: z.number().optional(),
    measures: speechMeasuresSchema.optional(),
  }),
  z.object({ type: z.literal('SpeechStarted'), timestamp: z.number(), utterance_id: z.string() }),
  /** In a conversation, for who plays a reply. `SpeechPossible`: 64 ms of what may be speech, pause the reply at once; `SpeechConfirmed`: it
   *  is, stop the reply; `SpeechDismissed`: it was a cough or a short hum, go on. */
  z.object({
    type: z.enum(['SpeechPossible', 'SpeechConfirmed', 'SpeechDismissed']),
    timestamp: z.number(),
    /** Empty where no utterance has begun yet. */
    utterance_id: z.string(),
    /** Milliseconds of voiced sound so far. */
    voiced_ms: z.number(),
  }),
  /** Follows the utterance's final. Seconds: the end of its last word, or of the utterance where no word was recognized. */
  z.object({ type: z.literal('UtteranceEnd'), last_word_end: z.number(), utterance_id: z.string() }),
  z.object({
    type: z.literal('Results'),
    utterance_id: z.string(),
    start: z.number(),
    duration: z.number(),
    is_final: z.boolean(),
    speech_final: z.boolean(),
    /** Leading characters of the transcript that will not change any more, in UTF-16 units. */
    stable_length: z.number(),
    stability: z.number(),
    language: z.string(),
    channel: z.object({
      /** Where the language was not given: the likeliest so far, and how likely it is, 0 to 1. */
      detected_language: z.string().optional(),
      language_confidence: z.number().optional(),
      alternatives: z.array(
        z.object({ transcript: z.string(), confidence: z.number(), words: z.array(spokenWordSchema) }),
      ),
    }),
    measures: speechMeasuresSchema.optional(),
    scores: speechScoresSchema.optional(),
  }),
  z.object({
    type: z.literal('TurnTaken'),
    turn: ulidSchema,
    session: ulidSchema,
    utterance_id: z.string(),
    url: z.string(),
  }),
  z.object({ type: z.literal('ReplySentence'), ...turnEvent, index: z.number(), text: z.string() }),
  z.object({
    type: z.literal('SpeechReady'),
    ...turnEvent,
    index: z.number(),
    url: z.string(),
    content_type: z.string(),
    duration_ms: z.number(),
    /** Length of the binary frame that follows, where audio was asked for. */
    bytes: z.number(),
    /** Seconds from the start of this audio; empty where the voice does not tell them. */
    words: z.array(z.object({ word: z.string(), start: z.number(), end: z.number() })),
    /** Where another engine spoke than the one first chosen. */
    degraded: degradationSchema.optional(),
  }),
  /** A sentence that will not be spoken: it stays text, and the turn goes on. */
  z.object({
    type: z.literal('SpeechFailed'),
    ...turnEvent,
    index: z.number(),
    error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
    degraded: degradationSchema,
  }),
  z.object({
    type: z.literal('TurnReplied'),
    ...turnEvent,
    text: z.string(),
    sentences: z.number(),
    model: z.string(),
    corrections: z.array(correctionSchema),
    /** Providers that did not answer, and what answered instead. */
    degraded: z.array(degradationSchema),
  }),
  /** What was good and what was not in what the person said. Comes after TurnReplied; a socket that is being closed does not
   *  wait for it. */
  z.object({ type: z.literal('Feedback'), ...turnEvent, report: feedbackReportSchema }),
  z.object({
    type: z.literal('TurnFailed'),
    ...turnEvent,
    error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
  }),
  z.object({ type: z.literal('Error'), error: errorBodySchema }),
]);
export type ListenEvent = z.infer<typeof listenEventSchema>;
