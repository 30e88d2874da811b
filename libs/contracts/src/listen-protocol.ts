import { z } from 'zod';
import { feedbackReportSchema } from './feedback.schema.js';
import {
  deepgramAlternativeSchema,
  deepgramMetadataSchema,
  deepgramModelSchema,
} from './deepgram-results.schema.js';
import { ulidSchema } from './identity.js';
import { speechMeasuresSchema, speechScoresSchema } from './measures.schema.js';
import { deepgramErrorEvent } from './socket-error.schema.js';
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

/** Text frames of the client. */
export const listenControlSchema = z.object({ type: z.enum(['Finalize', 'KeepAlive', 'CloseStream']) });

/** Number of the channel and how many there are: what is sent is mixed down to one. */
const channelSchema = z.array(z.number().int()).length(2);

const turnEvent = { turn: ulidSchema, session: ulidSchema, sequence: z.number().int() };

/** Text frames of the server, told apart by `type`. `sequence` numbers a session's events for `after`. */
export const listenEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('Metadata'),
    request_id: z.string(),
    model: z.string(),
    session: ulidSchema.optional(),
    /** Duration of the audio, its hash and what Deepgram tells beside them: only at the end. */
    ...deepgramMetadataSchema.omit({ request_id: true }).partial().shape,
    measures: speechMeasuresSchema.optional(),
  }),
  z.object({
    type: z.literal('SpeechStarted'),
    channel: channelSchema,
    timestamp: z.number(),
    utterance_id: z.string(),
  }),
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
  z.object({
    type: z.literal('UtteranceEnd'),
    channel: channelSchema,
    last_word_end: z.number(),
    utterance_id: z.string(),
  }),
  z.object({
    type: z.literal('Results'),
    channel_index: channelSchema,
    /** Empty where nothing was said before a Finalize. */
    utterance_id: z.string(),
    start: z.number(),
    duration: z.number(),
    is_final: z.boolean(),
    /** A silence ended the utterance, or Finalize. */
    speech_final: z.boolean(),
    /** Answers Finalize. */
    from_finalize: z.boolean(),
    /** Leading characters of the transcript that will not change any more, in UTF-16 units. */
    stable_length: z.number(),
    stability: z.number(),
    language: z.string(),
    channel: z.object({
      /** Where the language was not given: the likeliest so far, and how likely it is, 0 to 1. */
      detected_language: z.string().optional(),
      language_confidence: z.number().optional(),
      /** Words of an interim are placed by their length. */
      alternatives: z.array(deepgramAlternativeSchema),
    }),
    metadata: z.object({
      request_id: z.string(),
      model_uuid: z.string(),
      model_info: deepgramModelSchema,
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
  deepgramErrorEvent,
]);
export type ListenEvent = z.infer<typeof listenEventSchema>;
