import { z } from 'zod';
import {
  absent,
  audioBufferMessages,
  betaFormatSchema,
  eventName,
  inputTranscriptionSchema,
  modelName,
  NO_OPTION,
  noInclude,
  realtimeFormatSchema,
  turnDetectionWith,
} from './realtime-options.schema.js';
import { betaSessionUpdate, realtimeSessionSchema } from './realtime-protocol.js';
import { textSchema } from './text.schema.js';

/** Conversation sessions of OpenAI's Realtime API at `/v1/realtime`, in the names of the API as it is now and of its beta. */

/** Characters of one text of a client, and of all that wait to be answered. */
export const REALTIME_MAX_TEXT = 16_000;
/** Items that wait to be answered. */
export const REALTIME_MAX_WAITING = 32;

const NO_TOOLS = 'tools and function calling are not offered here';
const LONGEST_ID = 64;

export const conversationDetectionSchema = turnDetectionWith({
  /** Each utterance is answered. */
  create_response: z.boolean().default(true),
  /** Speech cancels the response that is under way. */
  interrupt_response: z.boolean().default(true),
});
export type ConversationDetection = z.infer<typeof conversationDetectionSchema>;

/** Null: the client commits, and asks for responses. */
const turn_detection = conversationDetectionSchema.nullable().optional();
/** Null: what is said is recognised, and not told. */
const transcription = inputTranscriptionSchema.nullable().optional();
const instructions = textSchema(REALTIME_MAX_TEXT).optional();
const voice = z.union([z.string().max(200), z.strictObject({ id: z.string().max(200) })]).optional();
const outputModalities = z.array(z.enum(['audio', 'text'])).length(1, 'is either audio or text');
const betaModalities = z
  .array(z.enum(['audio', 'text']))
  .min(1)
  .max(2)
  .refine((both) => both.includes('text'), 'has text, alone or with audio');
const withoutTools = {
  tools: z.array(z.unknown()).max(0, NO_TOOLS).nullable().optional(),
  tool_choice: z.enum(['auto', 'none'], NO_TOOLS).optional(),
};
const unlimited = z.literal('inf', 'a response is not bounded by tokens here').optional();

/** The settings of a conversation session; what is left out stays as it is. */
export const conversationSessionSchema = z.strictObject({
  type: z.literal('realtime', 'this session is a conversation; must be "realtime"'),
  model: modelName.optional(),
  instructions,
  output_modalities: outputModalities.optional(),
  audio: z
    .strictObject({
      input: z
        .strictObject({
          format: realtimeFormatSchema.optional(),
          transcription,
          turn_detection,
          noise_reduction: absent,
        })
        .optional(),
      output: z
        .strictObject({
          format: realtimeFormatSchema.optional(),
          voice,
          speed: z.number().min(0.25).max(1.5).optional(),
        })
        .optional(),
    })
    .optional(),
  ...withoutTools,
  max_output_tokens: unlimited,
  truncation: z.literal('auto', NO_OPTION).optional(),
  prompt: absent,
  tracing: absent,
  reasoning: absent,
  include: noInclude,
});
export type ConversationSessionSettings = z.infer<typeof conversationSessionSchema>;

/** As `conversationSessionSchema`, in the names of the beta. */
export const betaConversationSessionSchema = z.strictObject({
  model: modelName.optional(),
  modalities: betaModalities.optional(),
  instructions,
  voice,
  speed: z.number().min(0.25).max(1.5).optional(),
  input_audio_format: betaFormatSchema.optional(),
  output_audio_format: betaFormatSchema.optional(),
  input_audio_transcription: transcription,
  turn_detection,
  ...withoutTools,
  max_response_output_tokens: unlimited,
  temperature: absent,
  tracing: absent,
  input_audio_noise_reduction: absent,
  include: noInclude,
});
export type BetaConversationSettings = z.infer<typeof betaConversationSessionSchema>;

/** How one response differs from what the session is set to, in the names of the API or of its beta. */
export const responseOptionsSchema = z.strictObject({
  instructions,
  output_modalities: outputModalities.optional(),
  modalities: betaModalities.optional(),
  audio: z
    .strictObject({
      output: z.strictObject({ format: realtimeFormatSchema.optional(), voice }).optional(),
    })
    .optional(),
  voice,
  output_audio_format: betaFormatSchema.optional(),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, 'may have 16 pairs')
    .nullable()
    .optional(),
  conversation: z.literal('auto', 'responses outside the conversation are not offered here').optional(),
  input: absent,
  ...withoutTools,
  max_output_tokens: unlimited,
  max_response_output_tokens: unlimited,
  temperature: absent,
  prompt: absent,
  reasoning: absent,
});
export type ResponseOptions = z.infer<typeof responseOptionsSchema>;

const itemId = z.string().min(1).max(LONGEST_ID);
const userItemSchema = z.strictObject({
  id: itemId.optional(),
  object: z.literal('realtime.item').optional(),
  type: z.literal('message', `only messages are taken: ${NO_TOOLS}`),
  status: z.enum(['completed', 'incomplete', 'in_progress']).optional(),
  role: z.literal('user', 'only messages of the user are taken; say the rest in instructions'),
  content: z
    .array(
      z.strictObject({
        type: z.literal('input_text', 'only text is taken; append audio to the input audio buffer'),
        text: textSchema(REALTIME_MAX_TEXT),
      }),
    )
    .min(1)
    .max(16),
});

const ownMessages = [
  z.strictObject({
    type: z.literal('conversation.item.create'),
    event_id: eventName,
    /** The item that is the last one, if any is named. */
    previous_item_id: itemId.nullable().optional(),
    item: userItemSchema,
  }),
  z.strictObject({
    type: z.literal('conversation.item.truncate'),
    event_id: eventName,
    item_id: itemId,
    content_index: z.literal(0),
    /** What was played of it. */
    audio_end_ms: z.number().int().min(0),
  }),
  z.strictObject({ type: z.literal('conversation.item.delete'), event_id: eventName, item_id: itemId }),
  z.strictObject({
    type: z.literal('response.create'),
    event_id: eventName,
    response: responseOptionsSchema.nullable().optional(),
  }),
  z.strictObject({ type: z.literal('response.cancel'), event_id: eventName, response_id: itemId.optional() }),
] as const;

const updateOf = <Session extends z.ZodType>(session: Session) =>
  z.strictObject({ type: z.literal('session.update'), event_id: eventName, session });

/** Events of the client of a conversation session. */
export const conversationMessageSchema = z.discriminatedUnion('type', [
  updateOf(conversationSessionSchema),
  ...audioBufferMessages,
  ...ownMessages,
]);

/** As `conversationMessageSchema`, with the settings in the names of the beta. */
export const betaConversationMessageSchema = z.discriminatedUnion('type', [
  updateOf(betaConversationSessionSchema),
  ...audioBufferMessages,
  ...ownMessages,
]);
export type ConversationMessage =
  z.infer<typeof conversationMessageSchema> | z.infer<typeof betaConversationMessageSchema>;

/** Every event that a client of `/v1/realtime` may send. */
export const realtimeMessageSchema = z.discriminatedUnion('type', [
  updateOf(z.union([realtimeSessionSchema, conversationSessionSchema, betaConversationSessionSchema])),
  betaSessionUpdate,
  ...audioBufferMessages,
  ...ownMessages,
]);
