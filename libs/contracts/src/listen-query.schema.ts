import { z } from 'zod';
import { liveDecodingSchema } from './decoding-options.schema.js';
import {
  deepgramOptions,
  queryFlagSchema,
  recognitionModelSchema,
  recognizedLanguageSchema,
} from './deepgram-options.schema.js';
import { ulidSchema } from './identity.js';
import { languageListSchema } from './language.schema.js';
import { ENDPOINTING } from './listen-protocol.js';
import { textSchema } from './text.schema.js';

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

/** Bounds of `utterance_end_ms`. */
const GAP_MS = { min: 100, max: 10_000 } as const;

/** Milliseconds, or whether silence makes a final the end of speech. Less than endpointing can do with counts as its least. */
const endpointingSchema = z
  .string()
  .regex(/^(?:true|false|[1-9]\d{1,3}|10000)$/i, 'must be true, false or 10 to 10000 milliseconds')
  .transform((text) => {
    if (/^[tf]/i.test(text)) return text.toLowerCase() === 'true';
    return Math.max(Number(text), ENDPOINTING.silenceMs.min);
  })
  .optional();

const parametersSchema = z.strictObject({
  ...liveDecodingSchema.shape,
  ...deepgramOptions,
  /** The API key, where a browser can send no header. */
  token: z.string().optional(),
  /** Left out: a sound file (WebM, Ogg, MP4 in fragments, MP3, AAC, FLAC, WAV) by its first bytes, else linear16. linear32 is
   *  float32; opus is one packet a frame. */
  encoding: z
    .enum([
      ...(['linear16', 'linear32', 'float32', 'mulaw', 'alaw', 'wav', 'opus'] as const),
      ...(['ogg-opus', 'flac', 'webm'] as const),
    ])
    .optional(),
  /** Hz, as `channels` of raw encodings; files and opus carry their own. */
  sample_rate: z.coerce.number().int().min(8_000).max(192_000).default(16_000),
  channels: z.coerce.number().int().min(1).max(2).default(1),
  model: recognitionModelSchema,
  /** Left out, and `multi`: detected, by each utterance anew. */
  language: recognizedLanguageSchema,
  /** What it is detected among: `languages=en,es`. */
  languages: languageListSchema,
  prompt: textSchema(8_000).default(''),
  /** `translate`: into English. */
  task: z.enum(['transcribe', 'translate']).default('transcribe'),
  /** Left out: in a conversation alone, as vad_events. */
  interim_results: queryFlagSchema,
  /** A fixed silence that ends an utterance, milliseconds; 500 where neither it nor `eagerness` is given and there is no
   *  conversation, and with true and false. With false no final is `speech_final`. */
  endpointing: endpointingSchema,
  /** Instead: a model judges from sound and text whether the speaker has finished; how soon it believes so. */
  eagerness: z.enum(['low', 'medium', 'high']).optional(),
  /** SpeechStarted is sent. */
  vad_events: queryFlagSchema,
  /** UtteranceEnd is sent once no word has come for so long, behind the final. Left out: at once in a conversation, else never. */
  utterance_end_ms: z.coerce.number().int().min(GAP_MS.min).max(GAP_MS.max).optional(),
  /** Without effect: results are never held back. */
  no_delay: queryFlagSchema,
  /** Metadata is sent at the beginning too, as in every conversation. */
  opening_metadata: flag(false),
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

/** Query parameters of a connection to `/v1/listen`; openai/whisper's decoding options and Deepgram's, by their names, are among
 *  them. One that is not known, and one of a conversation where there is none, is refused by its name: it would have no effect. */
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
