import { z } from 'zod';
import { betaFormatSchema, realtimeFormatSchema } from './realtime-options.schema.js';
import { replyItemSchema, responseEvents } from './realtime-response.schema.js';

/** Events of the server at `/v1/realtime`, told apart by `type`, as OpenAI's clients have their types. */

const event = { event_id: z.string() };
const ofItem = { ...event, item_id: z.string() };
const ofContent = { ...ofItem, content_index: z.literal(0) };

/** What the audio is recognised by. */
const transcriptionViewSchema = z.object({
  model: z.string(),
  /** Whisper's code; left out: detected. */
  language: z.string().optional(),
  languages: z.array(z.string()).optional(),
  keywords: z.array(z.string()).optional(),
  prompt: z.string(),
});

/** Of conversations alone. */
const repliesView = { create_response: z.boolean().optional(), interrupt_response: z.boolean().optional() };
const turnDetectionViewSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('server_vad'),
      threshold: z.number(),
      prefix_padding_ms: z.number().int(),
      silence_duration_ms: z.number().int(),
      ...repliesView,
    }),
    z.object({
      type: z.literal('semantic_vad'),
      eagerness: z.enum(['low', 'medium', 'high', 'auto']),
      ...repliesView,
    }),
  ])
  .nullable();

export const realtimeSessionViewSchema = z.object({
  type: z.literal('transcription'),
  object: z.literal('realtime.transcription_session'),
  id: z.string(),
  audio: z.object({
    input: z.object({
      format: realtimeFormatSchema,
      transcription: transcriptionViewSchema,
      turn_detection: turnDetectionViewSchema,
    }),
  }),
});
export type RealtimeSessionView = z.infer<typeof realtimeSessionViewSchema>;

const betaSessionViewSchema = z.object({
  object: z.literal('realtime.transcription_session'),
  id: z.string(),
  input_audio_format: betaFormatSchema,
  input_audio_transcription: transcriptionViewSchema,
  turn_detection: turnDetectionViewSchema,
});
export type BetaSessionView = z.infer<typeof betaSessionViewSchema>;

export const conversationViewSchema = z.object({
  type: z.literal('realtime'),
  object: z.literal('realtime.session'),
  id: z.string(),
  model: z.string(),
  instructions: z.string(),
  output_modalities: z.array(z.enum(['audio', 'text'])),
  audio: z.object({
    input: z.object({
      format: realtimeFormatSchema,
      /** Left out: transcripts are not told. */
      transcription: transcriptionViewSchema.optional(),
      turn_detection: turnDetectionViewSchema,
    }),
    output: z.object({ format: realtimeFormatSchema, voice: z.string(), speed: z.number() }),
  }),
  tools: z.array(z.never()),
  tool_choice: z.literal('auto'),
  max_output_tokens: z.literal('inf'),
});
export type ConversationSessionView = z.infer<typeof conversationViewSchema>;

const betaConversationViewSchema = z.object({
  object: z.literal('realtime.session'),
  id: z.string(),
  model: z.string(),
  modalities: z.array(z.enum(['audio', 'text'])),
  instructions: z.string(),
  voice: z.string(),
  speed: z.number(),
  input_audio_format: betaFormatSchema,
  output_audio_format: betaFormatSchema,
  input_audio_transcription: transcriptionViewSchema.nullable(),
  turn_detection: turnDetectionViewSchema,
  tools: z.array(z.never()),
  tool_choice: z.literal('auto'),
  max_response_output_tokens: z.literal('inf'),
});
export type BetaConversationView = z.infer<typeof betaConversationViewSchema>;

/** What was committed, without its audio, or what the client wrote. */
const userItemViewSchema = z.object({
  id: z.string(),
  object: z.literal('realtime.item'),
  type: z.literal('message'),
  status: z.literal('completed'),
  role: z.literal('user'),
  content: z.array(z.object({ type: z.enum(['input_audio', 'input_text']), text: z.string().optional() })),
});
export type UserItem = z.infer<typeof userItemViewSchema>;

const faultSchema = z.object({
  type: z.string(),
  code: z.string(),
  message: z.string(),
});

/** The item that this one follows; null: it is the first. */
const previous_item_id = z.string().nullable();

export const realtimeEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.enum(['session.created', 'session.updated']),
    ...event,
    session: z.union([realtimeSessionViewSchema, conversationViewSchema, betaConversationViewSchema]),
  }),
  z.object({
    type: z.enum(['transcription_session.created', 'transcription_session.updated']),
    ...event,
    session: betaSessionViewSchema,
  }),
  /** Milliseconds of all audio that was appended; the prefix belongs to it. */
  z.object({
    type: z.literal('input_audio_buffer.speech_started'),
    ...ofItem,
    audio_start_ms: z.number().int(),
  }),
  z.object({
    type: z.literal('input_audio_buffer.speech_stopped'),
    ...ofItem,
    audio_end_ms: z.number().int(),
  }),
  z.object({ type: z.literal('input_audio_buffer.committed'), ...ofItem, previous_item_id }),
  z.object({ type: z.literal('input_audio_buffer.cleared'), ...event }),
  /** `created` in the beta, `added` and `done` since. */
  z.object({
    type: z.enum(['conversation.item.created', 'conversation.item.added', 'conversation.item.done']),
    ...event,
    previous_item_id,
    item: z.union([userItemViewSchema, replyItemSchema]),
  }),
  /** What is added to the text; it is not taken back. May come before the item is committed. */
  z.object({
    type: z.literal('conversation.item.input_audio_transcription.delta'),
    ...ofContent,
    delta: z.string(),
  }),
  z.object({
    type: z.literal('conversation.item.input_audio_transcription.completed'),
    ...ofContent,
    transcript: z.string(),
    usage: z.object({ type: z.literal('duration'), seconds: z.number() }),
  }),
  z.object({
    type: z.literal('conversation.item.input_audio_transcription.failed'),
    ...ofContent,
    error: faultSchema,
  }),
  z.object({
    type: z.literal('error'),
    ...event,
    error: faultSchema.extend({
      /** The option at fault. */
      param: z.string().nullable(),
      /** Of the client's event at fault, where it has one. */
      event_id: z.string().nullable(),
    }),
  }),
  ...responseEvents,
]);
export type RealtimeEvent = z.infer<typeof realtimeEventSchema>;
