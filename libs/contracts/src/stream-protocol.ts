import { z } from 'zod';
import { grammarErrorSchema } from './feedback.schema.js';
import { ulidSchema } from './identity.js';
import { errorBodySchema } from './socket-error.schema.js';

/** The WebSocket API `/v1/stream`: raw PCM in, transcripts and an error report out. Every connection is opened. Its first message,
 *  a text frame, is the API key or access token; binary frames of 16 kHz 16-bit little-endian mono follow, usually of 250 ms, and
 *  at last `{"type":"end"}`. */
export const STREAM_INPUT_RATE_HZ = 16_000;
/** Audio of one frame, milliseconds. */
export const STREAM_MAX_FRAME_MS = 2_000;
/** For the first message to come. */
export const STREAM_TOKEN_LIMIT_MS = 5_000;
/** While somebody speaks a transcript comes at least so often. */
export const STREAM_TRANSCRIPT_EVERY_MS = 1_000;

/** Text frames of the client behind the token. */
export const streamMessageSchema = z.strictObject({ type: z.literal('end') });

/** Text frames of the server, told apart by `type`. */
export const streamEventSchema = z.discriminatedUnion('type', [
  /** The token is known, and audio may come. */
  z.object({ type: z.literal('ready'), session_id: ulidSchema, request_id: z.string() }),
  z.object({
    type: z.literal('transcript'),
    utterance_id: z.string(),
    text: z.string(),
    /** Only what is final is kept. */
    is_final: z.boolean(),
    language: z.string(),
    start_ms: z.number(),
    end_ms: z.number(),
  }),
  /** The last event of a stream that ends well. */
  z.object({
    type: z.literal('report'),
    session_id: ulidSchema,
    /** All finals with spaces between them. */
    text: z.string(),
    words: z.number().int(),
    duration_ms: z.number().int(),
    /** `start` and `end` count UTF-16 units of `text`. */
    errors: z.array(grammarErrorSchema),
    suggestions: z.array(z.string()),
    /** Whether every utterance was checked; else `unchecked` of them were not, within the time there is. */
    complete: z.boolean(),
    unchecked: z.number().int(),
    /** What checked, as `builtin-coach`. */
    models: z.array(z.string()),
  }),
  z.object({ type: z.literal('error'), error: errorBodySchema }),
]);
export type StreamEvent = z.infer<typeof streamEventSchema>;
export type StreamReport = Extract<StreamEvent, { type: 'report' }>;
