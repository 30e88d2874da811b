import { z } from 'zod';
import { keywordsSchema } from './decoding-options.schema.js';
import { languageArraySchema, languageSchema } from './language.schema.js';
import { ENDPOINTING } from './listen-protocol.js';
import { textSchema } from './text.schema.js';

/** What both kinds of sessions of `/v1/realtime` are set by. */

/** Of `audio/pcm`: 16-bit little-endian mono. */
export const REALTIME_PCM_RATE_HZ = 24_000;

export const NO_OPTION = 'is no option here';
/** OpenAI's clients write options out that they do not use. */
export const absent = z.null(NO_OPTION).optional();
export const modelName = z.string().max(200);
export const eventName = z.string().max(512).optional();
export const noInclude = z.array(z.string()).max(0, NO_OPTION).nullable().optional();

export const realtimeFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('audio/pcm'),
    rate: z.literal(REALTIME_PCM_RATE_HZ).default(REALTIME_PCM_RATE_HZ),
  }),
  z.strictObject({ type: z.literal('audio/pcmu') }),
  z.strictObject({ type: z.literal('audio/pcma') }),
]);
export type RealtimeFormat = z.infer<typeof realtimeFormatSchema>;

/** The names that formats have in the beta. */
export const betaFormatSchema = z.enum(['pcm16', 'g711_ulaw', 'g711_alaw']);

/** Replaces what stood before as a whole. */
export const inputTranscriptionSchema = z.strictObject({
  /** Left out: as the connection named it. */
  model: modelName.min(1).optional(),
  /** Left out: detected, by each utterance anew. */
  language: languageSchema,
  /** What the language is detected among; empty: any. */
  languages: languageArraySchema,
  keywords: keywordsSchema,
  prompt: textSchema(8_000).default(''),
});

const { silenceMs, prefixMs, threshold } = ENDPOINTING;

/** @param replies  what else the end and the start of speech may bring about */
export function turnDetectionWith<Replies extends z.ZodRawShape>(replies: Replies) {
  return z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('server_vad'),
      threshold: z.number().min(threshold.min).max(threshold.max).default(threshold.usual),
      prefix_padding_ms: z.number().int().min(prefixMs.min).max(prefixMs.max).default(prefixMs.usual),
      silence_duration_ms: z.number().int().min(silenceMs.min).max(silenceMs.max).default(silenceMs.usual),
      idle_timeout_ms: absent,
      ...replies,
    }),
    z.strictObject({
      type: z.literal('semantic_vad'),
      /** `auto` is `medium`. */
      eagerness: z.enum(['low', 'medium', 'high', 'auto']).default('auto'),
      ...replies,
    }),
  ]);
}

/** The events by which a client sends audio, in either kind of session. */
export const audioBufferMessages = [
  z.strictObject({
    type: z.literal('input_audio_buffer.append'),
    event_id: eventName,
    audio: z.base64().min(1),
  }),
  z.strictObject({ type: z.literal('input_audio_buffer.commit'), event_id: eventName }),
  z.strictObject({ type: z.literal('input_audio_buffer.clear'), event_id: eventName }),
] as const;
