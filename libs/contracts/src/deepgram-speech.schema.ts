import { z } from 'zod';
import { queryFlagSchema } from './deepgram-options.schema.js';
import { deepgramErrorEvent } from './socket-error.schema.js';
import { filledTextSchema, textSchema } from './text.schema.js';

/** Deepgram's speech API at `/v1/speak`: one text by POST, or many over a WebSocket. */

/** Of one text. */
export const SPEAK_MAX_CHARACTERS = 4_096;

/** An encoding as Deepgram offers it. */
export interface SpeakEncoding {
  /** The first one is Deepgram's default; empty: it has none. */
  readonly containers: readonly SpeakContainer[];
  /** The first one is Deepgram's default. */
  readonly sampleRatesHz: readonly number[];
  /** Bits a second; left out where an encoding has no choice. */
  readonly bitRate?: { readonly usual: number; readonly min: number; readonly max: number };
}
type SpeakContainer = 'wav' | 'ogg' | 'none';

const TELEPHONE: SpeakEncoding = { containers: ['wav', 'none'], sampleRatesHz: [8_000, 16_000] };

/** What speech may be encoded as, by Deepgram's names. */
export const SPEAK_ENCODINGS = {
  linear16: { containers: ['wav', 'none'], sampleRatesHz: [24_000, 8_000, 16_000, 32_000, 48_000] },
  mulaw: TELEPHONE,
  alaw: TELEPHONE,
  mp3: { containers: [], sampleRatesHz: [22_050], bitRate: { usual: 48_000, min: 32_000, max: 48_000 } },
  // The encoder goes no higher with one channel.
  opus: {
    containers: ['ogg'],
    sampleRatesHz: [48_000],
    bitRate: { usual: 12_000, min: 4_000, max: 256_000 },
  },
  flac: { containers: [], sampleRatesHz: [48_000, 8_000, 16_000, 22_050, 32_000] },
  aac: { containers: [], sampleRatesHz: [22_050], bitRate: { usual: 48_000, min: 4_000, max: 192_000 } },
} as const satisfies Record<string, SpeakEncoding>;
export type SpeakEncodingName = keyof typeof SPEAK_ENCODINGS;
export const SPEAK_ENCODING_NAMES = Object.keys(SPEAK_ENCODINGS) as SpeakEncodingName[];
/** Those whose bytes may simply follow each other, as they do on a socket. */
const STREAMED_ENCODINGS = ['linear16', 'mulaw', 'alaw'] as const;

/** How speech is to be encoded: every part is known. */
export interface SpeakFormat {
  readonly encoding: SpeakEncodingName;
  readonly container: SpeakContainer;
  readonly sampleRateHz: number;
  /** Bits a second; undefined where the encoding has no choice. */
  readonly bitRate: number | undefined;
}

/** Deepgram's default; by default every name of its voices is an alias. */
const USUAL_MODEL = 'aura-asteria-en';

const options = {
  /** It stands in a header of the answer. */
  model: z
    .string()
    .max(200)
    .regex(/^[\x21-\x7e]+$/, 'must be the name of a model or voice')
    .default(USUAL_MODEL),
  sample_rate: z.coerce.number().int().optional(),
  speed: z.coerce.number().min(0.7).max(1.5).default(1),
  /** Without effect: texts train nothing. */
  mip_opt_out: queryFlagSchema,
};

/** Parameters of `POST /v1/speak`. One that is not known is refused by its name. */
export const speakQuerySchema = z
  .strictObject({
    ...options,
    encoding: z.enum(SPEAK_ENCODING_NAMES).default('mp3'),
    container: z.enum(['wav', 'ogg', 'none']).optional(),
    bit_rate: z.coerce.number().int().optional(),
  })
  .transform(({ encoding, container, sample_rate, bit_rate, ...rest }, context) => ({
    ...rest,
    format: formatOf({ encoding, container, sample_rate, bit_rate }, context),
  }));
export type SpeakQuery = z.infer<typeof speakQuerySchema>;

/** Names of the parameters of `POST /v1/speak`. */
export const SPEAK_PARAMETERS: readonly string[] = Object.keys(speakQuerySchema.in.shape);

/** Parameters of the WebSocket. Its audio has no container. */
export const speakSocketQuerySchema = z
  .strictObject({
    ...options,
    encoding: z.enum(STREAMED_ENCODINGS).default('linear16'),
    /** The API key, where a browser can send no header. */
    token: z.string().optional(),
  })
  .transform(({ encoding, sample_rate, token: _, ...rest }, context) => ({
    ...rest,
    format: formatOf({ encoding, container: 'none', sample_rate }, context),
  }));

interface AskedFormat {
  readonly encoding: SpeakEncodingName;
  readonly container?: SpeakContainer | undefined;
  readonly sample_rate?: number | undefined;
  readonly bit_rate?: number | undefined;
}

/** Fills up what is not asked for; each option that the encoding does not have becomes an issue by its name. */
function formatOf(asked: AskedFormat, context: z.RefinementCtx): SpeakFormat {
  const { encoding } = asked;
  const known: SpeakEncoding = SPEAK_ENCODINGS[encoding];
  const refuse = (name: string, rule: string): void =>
    context.addIssue({ code: 'custom', path: [name], message: `${rule} with encoding=${encoding}` });
  const { containers, sampleRatesHz, bitRate } = known;
  const { container = containers[0] ?? 'none', sample_rate = sampleRatesHz[0] ?? 0, bit_rate } = asked;
  const allowed: readonly SpeakContainer[] = containers.length === 0 ? ['none'] : containers;
  if (!allowed.includes(container))
    refuse('container', containers.length === 0 ? 'is no option' : `must be ${containers.join(' or ')}`);
  if (!sampleRatesHz.includes(sample_rate)) refuse('sample_rate', `must be ${sampleRatesHz.join(' or ')}`);
  if (bit_rate !== undefined && !bitRate) refuse('bit_rate', 'is no option');
  else if (bit_rate !== undefined && bitRate && !(bit_rate >= bitRate.min && bit_rate <= bitRate.max))
    refuse('bit_rate', `must lie between ${bitRate.min} and ${bitRate.max}`);
  return { encoding, container, sampleRateHz: sample_rate, bitRate: bit_rate ?? bitRate?.usual };
}

const text = textSchema(SPEAK_MAX_CHARACTERS);

/** Body of `POST /v1/speak`. */
export const speakBodySchema = z.strictObject({
  text: filledTextSchema(SPEAK_MAX_CHARACTERS),
});

/** Text frames of the client. */
export const speakMessageSchema = z.discriminatedUnion('type', [
  /** A part of a text, which may end anywhere: whole sentences are spoken as they come. */
  z.strictObject({ type: z.literal('Speak'), text }),
  /** Everything so far is to be spoken; `Flushed` follows its audio. */
  z.strictObject({ type: z.literal('Flush') }),
  /** Nothing so far is to be spoken any more; no audio of it follows `Cleared`. */
  z.strictObject({ type: z.literal('Clear') }),
  /** Everything so far is to be spoken; then the socket is closed. */
  z.strictObject({ type: z.literal('Close') }),
]);
export type SpeakMessage = z.infer<typeof speakMessageSchema>;

/** `Flushed` and `Cleared` are numbered together, from 0. */
const sequence_id = z.number().int().nonnegative();

/** Text frames of the server, beside the audio in binary frames. */
export const speakEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('Metadata'),
    request_id: z.string(),
    /** As the client named it. */
    model_name: z.string(),
    model_version: z.string(),
    model_uuid: z.string(),
    additional_model_uuids: z.array(z.string()),
  }),
  z.object({ type: z.literal('Flushed'), sequence_id }),
  z.object({ type: z.literal('Cleared'), sequence_id }),
  /** A text that is not spoken; the socket goes on. */
  z.object({ type: z.literal('Warning'), description: z.string(), code: z.string() }),
  deepgramErrorEvent,
]);
export type SpeakEvent = z.infer<typeof speakEventSchema>;
