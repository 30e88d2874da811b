import { z } from 'zod';
import { betaFormatSchema, realtimeFormatSchema } from './realtime-options.schema.js';

/** What a client of a conversation session at `/v1/realtime` is told of a response. Of two names the second is the beta's. */

const ofResponse = { event_id: z.string(), response_id: z.string(), output_index: z.literal(0) };
const ofPart = { ...ofResponse, item_id: z.string(), content_index: z.literal(0) };

const partSchema = z.object({
  type: z.enum(['audio', 'text']),
  transcript: z.string().optional(),
  text: z.string().optional(),
});

/** A reply: its text, and without its audio. */
export const replyItemSchema = z.object({
  id: z.string(),
  object: z.literal('realtime.item'),
  type: z.literal('message'),
  status: z.enum(['in_progress', 'completed', 'incomplete']),
  role: z.literal('assistant'),
  content: z.array(
    z.object({
      type: z.enum(['output_audio', 'output_text', 'audio', 'text']),
      transcript: z.string().optional(),
      text: z.string().optional(),
    }),
  ),
});
export type ReplyItem = z.infer<typeof replyItemSchema>;

/** As the language model counted them; what is said is text to it. */
const usageSchema = z.object({
  total_tokens: z.number().int(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  input_token_details: z.object({ text_tokens: z.number().int(), audio_tokens: z.literal(0) }),
  output_token_details: z.object({ text_tokens: z.number().int(), audio_tokens: z.literal(0) }),
});

export const responseViewSchema = z.object({
  id: z.string(),
  object: z.literal('realtime.response'),
  status: z.enum(['in_progress', 'completed', 'cancelled', 'failed']),
  status_details: z
    .object({
      type: z.enum(['completed', 'cancelled', 'failed']),
      reason: z.enum(['turn_detected', 'client_cancelled']).optional(),
      error: z.object({ type: z.string(), code: z.string(), message: z.string() }).optional(),
    })
    .optional(),
  output: z.array(replyItemSchema),
  conversation_id: z.string(),
  metadata: z.record(z.string(), z.string()).nullable(),
  /** Absent where the language model did not count, or the response was cut. */
  usage: usageSchema.optional(),
  output_modalities: z.array(z.enum(['audio', 'text'])).optional(),
  audio: z.object({ output: z.object({ format: realtimeFormatSchema, voice: z.string() }) }).optional(),
  modalities: z.array(z.enum(['audio', 'text'])).optional(),
  voice: z.string().optional(),
  output_audio_format: betaFormatSchema.optional(),
});
export type ResponseView = z.infer<typeof responseViewSchema>;

export const responseEvents = [
  z.object({
    type: z.enum(['response.created', 'response.done']),
    event_id: z.string(),
    response: responseViewSchema,
  }),
  z.object({
    type: z.enum(['response.output_item.added', 'response.output_item.done']),
    ...ofResponse,
    item: replyItemSchema,
  }),
  z.object({
    type: z.enum(['response.content_part.added', 'response.content_part.done']),
    ...ofPart,
    part: partSchema,
  }),
  /** Base64, in the format of the response. */
  z.object({
    type: z.enum(['response.output_audio.delta', 'response.audio.delta']),
    ...ofPart,
    delta: z.string(),
  }),
  z.object({ type: z.enum(['response.output_audio.done', 'response.audio.done']), ...ofPart }),
  /** A sentence; the next one begins with a space. */
  z.object({
    type: z.enum(['response.output_audio_transcript.delta', 'response.audio_transcript.delta']),
    ...ofPart,
    delta: z.string(),
  }),
  z.object({
    type: z.enum(['response.output_audio_transcript.done', 'response.audio_transcript.done']),
    ...ofPart,
    transcript: z.string(),
  }),
  z.object({
    type: z.enum(['response.output_text.delta', 'response.text.delta']),
    ...ofPart,
    delta: z.string(),
  }),
  z.object({
    type: z.enum(['response.output_text.done', 'response.text.done']),
    ...ofPart,
    text: z.string(),
  }),
  z.object({
    type: z.literal('conversation.item.truncated'),
    event_id: z.string(),
    item_id: z.string(),
    content_index: z.literal(0),
    audio_end_ms: z.number().int(),
  }),
  z.object({
    type: z.literal('conversation.item.deleted'),
    event_id: z.string(),
    item_id: z.string(),
  }),
] as const;
