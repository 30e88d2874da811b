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

/** OpenAI's Realtime API at `/v1/realtime`: JSON in text frames, told apart by `type`. An event at fault is answered by an `error` and changes
 *  nothing else. Names are those of the API as it is now; `transcription_session.update` and what belongs to it are those of its beta. Here are
 *  transcription sessions; conversation sessions are in `realtime-conversation.schema.ts`. */

/** Of `audio/pcmu` and `audio/pcma`: G.711 mono. */
export const REALTIME_G711_RATE_HZ = 8_000;
/** Audio of one `input_audio_buffer.append`, milliseconds. */
export const REALTIME_MAX_APPEND_MS = 30_000;

/** Query parameters of the connection. */
export const realtimeQuerySchema = z.strictObject({
  /** `transcription`; may be left out where `model` is a model of transcription. Else the session is a conversation. */
  intent: z.literal('transcription').optional(),
  /** Of transcription: recognises until an update names another one. Of a conversation: one of OpenAI's names. */
  model: modelName.optional(),
  /** The API key, access token or client secret, where a browser can send no header. */
  token: z.string().optional(),
});
export type RealtimeQuery = z.infer<typeof realtimeQuerySchema>;

/** Nobody replies in a transcription session. */
export const turnDetectionSchema = turnDetectionWith({
  create_response: z.literal(false, NO_OPTION).optional(),
  interrupt_response: z.literal(false, NO_OPTION).optional(),
});
export type TurnDetection = z.infer<typeof turnDetectionSchema>;

/** Null: the client commits what it has appended, and each commit is one utterance. */
const turn_detection = turnDetectionSchema.nullable().optional();

/** The settings of a transcription session; what is left out stays as it is. */
export const realtimeSessionSchema = z.strictObject({
  type: z.literal('transcription', 'this session transcribes; must be "transcription"'),
  audio: z
    .strictObject({
      input: z
        .strictObject({
          format: realtimeFormatSchema.optional(),
          transcription: inputTranscriptionSchema.optional(),
          turn_detection,
          noise_reduction: absent,
        })
        .optional(),
    })
    .optional(),
  include: noInclude,
});
export type RealtimeSessionSettings = z.infer<typeof realtimeSessionSchema>;

/** As `realtimeSessionSchema`, in the names of the beta. */
export const betaSessionSchema = z.strictObject({
  input_audio_format: betaFormatSchema.optional(),
  input_audio_transcription: inputTranscriptionSchema.optional(),
  turn_detection,
  input_audio_noise_reduction: absent,
  include: noInclude,
});
export type BetaSessionSettings = z.infer<typeof betaSessionSchema>;

/** As it stands in the table of a transcription session and in that of all events. */
export const betaSessionUpdate = z.strictObject({
  type: z.literal('transcription_session.update'),
  event_id: eventName,
  session: betaSessionSchema,
});

/** Events of the client of a transcription session. One with a field that is not known is refused by that field's name. */
export const transcriptionMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('session.update'), event_id: eventName, session: realtimeSessionSchema }),
  betaSessionUpdate,
  ...audioBufferMessages,
]);
export type TranscriptionMessage = z.infer<typeof transcriptionMessageSchema>;
