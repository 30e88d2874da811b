import { z } from 'zod';
import { languageSchema } from './language.schema.js';
import { ENDPOINTING } from './listen-protocol.js';
import { textSchema } from './text.schema.js';

/** OpenAI's Realtime API at `/v1/realtime`, of which transcription sessions are offered: JSON in text frames, told apart by `type`. An event at
 *  fault is answered by an `error` and changes nothing else. Names are those of the API as it is now; `transcription_session.update` and what
 *  belongs to it are those of its beta. */

/** Of `audio/pcm`: 16-bit little-endian mono. */
export const REALTIME_PCM_RATE_HZ = 24_000;
/** Of `audio/pcmu` and `audio/pcma`: G.711 mono. */
export const REALTIME_G711_RATE_HZ = 8_000;
/** Audio of one `input_audio_buffer.append`, milliseconds. */
export const REALTIME_MAX_APPEND_MS = 30_000;

const NO_OPTION = 'is no option here';
/** OpenAI's clients write options out that they do not use. */
const absent = z.null(NO_OPTION).optional();
const MODEL = z.string().max(200);

/** Query parameters of the connection. */
export const realtimeQuerySchema = z.strictObject({
  /** `transcription`; may be left out where `model` is a model of transcription. */
  intent: z.string().max(64).optional(),
  /** Recognises until an update names another one. */
  model: MODEL.optional(),
  /** The API key, access token or client secret, where a browser can send no header. */
  token: z.string().optional(),
});
export type RealtimeQuery = z.infer<typeof realtimeQuerySchema>;

export const realtimeFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('audio/pcm'),
    rate: z.literal(REALTIME_PCM_RATE_HZ).default(REALTIME_PCM_RATE_HZ),
  }),
  z.strictObject({ type: z.literal('audio/pcmu') }),
  z.strictObject({ type: z.literal('audio/pcma') }),
]);
export type RealtimeFormat = z.infer<typeof realtimeFormatSchema>;

/** Replaces what stood before as a whole. */
const transcriptionSchema = z.strictObject({
  /** Left out: as the connection named it. */
  model: MODEL.min(1).optional(),
  /** Left out: detected, by each utterance anew. */
  language: languageSchema,
  prompt: textSchema(8_000).default(''),
});

/** Nobody replies in a transcription session. */
const noReplies = {
  create_response: z.literal(false, NO_OPTION).optional(),
  interrupt_response: z.literal(false, NO_OPTION).optional(),
};
const { silenceMs, prefixMs, threshold } = ENDPOINTING;

export const turnDetectionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('server_vad'),
    threshold: z.number().min(threshold.min).max(threshold.max).default(threshold.usual),
    prefix_padding_ms: z.number().int().min(prefixMs.min).max(prefixMs.max).default(prefixMs.usual),
    silence_duration_ms: z.number().int().min(silenceMs.min).max(silenceMs.max).default(silenceMs.usual),
    idle_timeout_ms: absent,
    ...noReplies,
  }),
  z.strictObject({
    type: z.literal('semantic_vad'),
    /** `auto` is `medium`. */
    eagerness: z.enum(['low', 'medium', 'high', 'auto']).default('auto'),
    ...noReplies,
  }),
]);
export type TurnDetection = z.infer<typeof turnDetectionSchema>;

const include = z.array(z.string()).max(0, NO_OPTION).nullable().optional();
/** Null: the client commits what it has appended, and each commit is one utterance. */
const turn_detection = turnDetectionSchema.nullable().optional();
const event_id = z.string().max(512).optional();

/** The settings of a session; what is left out stays as it is. */
export const realtimeSessionSchema = z.strictObject({
  type: z.literal('transcription', 'conversation sessions are not offered here; must be "transcription"'),
  audio: z
    .strictObject({
      input: z
        .strictObject({
          format: realtimeFormatSchema.optional(),
          transcription: transcriptionSchema.optional(),
          turn_detection,
          noise_reduction: absent,
        })
        .optional(),
    })
    .optional(),
  include,
});
export type RealtimeSessionSettings = z.infer<typeof realtimeSessionSchema>;

/** How long a client secret opens sessions, seconds. */
export const REALTIME_SECRET_SECONDS = { min: 10, max: 7_200, usual: 600 } as const;
const seconds = REALTIME_SECRET_SECONDS;

/** Body of `POST /v1/realtime/client_secrets`. */
export const realtimeClientSecretSchema = z.strictObject({
  expires_after: z
    .strictObject({
      anchor: z.literal('created_at').default('created_at'),
      seconds: z.number().int().min(seconds.min).max(seconds.max).default(seconds.usual),
    })
    .prefault({}),
  /** What sessions begin with that the secret opens. */
  session: realtimeSessionSchema.prefault({ type: 'transcription' }),
});

/** As `realtimeSessionSchema`, in the names of the beta. */
export const betaSessionSchema = z.strictObject({
  input_audio_format: z.enum(['pcm16', 'g711_ulaw', 'g711_alaw']).optional(),
  input_audio_transcription: transcriptionSchema.optional(),
  turn_detection,
  input_audio_noise_reduction: absent,
  include,
});
export type BetaSessionSettings = z.infer<typeof betaSessionSchema>;

/** Events of the client. One with a field that is not known is refused by that field's name. */
export const realtimeMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('session.update'), event_id, session: realtimeSessionSchema }),
  z.strictObject({ type: z.literal('transcription_session.update'), event_id, session: betaSessionSchema }),
  z.strictObject({ type: z.literal('input_audio_buffer.append'), event_id, audio: z.base64().min(1) }),
  z.strictObject({ type: z.literal('input_audio_buffer.commit'), event_id }),
  z.strictObject({ type: z.literal('input_audio_buffer.clear'), event_id }),
]);
export type RealtimeMessage = z.infer<typeof realtimeMessageSchema>;
