import { z } from 'zod';
import { textSchema } from './text.schema.js';
import type { DecodingOptions } from './voice-types.js';

const LONGEST_HOTWORDS = 1_000;

/** Numbers may come as text, in forms; `none` is 0, which switches a check off. */
const number = (schema: z.ZodNumber) =>
  z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    if (value.trim().toLowerCase() === 'none') return 0;
    return value.trim() === '' ? NaN : Number(value);
  }, schema);
const whole = (min: number, max: number) => number(z.number().int().min(min).max(max)).optional();
const real = (min: number, max: number) => number(z.number().min(min).max(max)).optional();
const flag = z
  .preprocess((value) => {
    if (typeof value !== 'string') return value;
    const text = value.toLowerCase();
    return ['true', '1'].includes(text) ? true : ['false', '0'].includes(text) ? false : value;
  }, z.boolean())
  .optional();
const text = (longest: number) => textSchema(longest).optional();
/** One number, several, or a comma-separated text of them. */
const numbers = (schema: z.ZodNumber, most: number) =>
  z
    .preprocess(
      (value) =>
        (Array.isArray(value) ? value : [value])
          .flatMap((item: unknown) => (typeof item === 'string' ? item.split(',') : [item]))
          .map((item) => (typeof item === 'string' ? (item.trim() === '' ? NaN : Number(item)) : item)),
      z.array(schema).max(most),
    )
    .optional();

const TOKEN_LIST = /^\s*(-?\d{1,6}\s*(,\s*-?\d{1,6}\s*){0,255})?$/;

/**
 * openai/whisper's decoding options as every API takes them (parlance.voice.v1.DecodingOptions in its field names): values,
 * or the text of them. What is left out has its default.
 */
export const decodingOptionsSchema = z.object({
  temperatures: numbers(z.number().min(0).max(1), 16).describe(
    'tried in this order until a text passes the checks, 0 to 1',
  ),
  beam_size: whole(1, 16).describe('hypotheses side by side at temperature 0, 1 to 16; 1: greedy'),
  patience: real(0.1, 8).describe('beam search ends when beam_size × patience hypotheses have'),
  best_of: whole(1, 16).describe('samples at temperatures above 0, of which the likeliest is kept, 1 to 16'),
  length_penalty: real(0, 1).describe(
    '0 to 1; left out: hypotheses are ranked by their mean log-probability',
  ),
  sample_len: whole(1, 224).describe('most tokens a window, 1 to 224'),
  suppress_tokens: z
    .string()
    .regex(TOKEN_LIST, 'must be token ids with commas between them')
    .optional()
    .describe(
      "token ids that are never written, with commas between them; -1: the model's own list; empty: none",
    ),
  suppress_blank: flag.describe('no space and no end as the first token (default true)'),
  without_timestamps: flag.describe('write text alone'),
  max_initial_timestamp: real(0, 30).describe(
    "latest begin of a window's first segment, seconds (default 1); none: any",
  ),
  compression_ratio_threshold: real(0, 100).describe(
    'a text above it is a loop, and the next temperature is tried (default 2.4); none: no check',
  ),
  logprob_threshold: real(-100, 0).describe(
    'below it the next temperature is tried (default -1); none: no check',
  ),
  no_speech_threshold: real(0, 1).describe(
    'a window likelier than this to hold no speech is silent (default 0.6); none: no check',
  ),
  hotwords: text(LONGEST_HOTWORDS).describe('words to expect'),
  hotword_bias: real(0, 20).describe("added to the logits of the hotwords' first tokens, 0 to 20"),
  seed: whole(0, 2 ** 31 - 1).describe('of the sampling at temperatures above 0'),
  condition_on_previous_text: flag.describe('give each window the text before it (default true)'),
  carry_initial_prompt: flag.describe('put the prompt before every window, not only before the first'),
  clip_timestamps: numbers(z.number().min(0).max(1e6), 1_000)
    .refine((times) => isAscending(times ?? []), 'must rise')
    .describe('start,end,start,end,… in seconds: hear nothing else'),
  hallucination_silence_threshold: real(0, 60).describe(
    'skip silence longer than this, in seconds, where words may be invented',
  ),
  prepend_punctuations: text(100).describe('punctuation that joins the word behind it'),
  append_punctuations: text(100).describe('punctuation that joins the word before it'),
  prefix: text(1_000).describe("what the first window's text begins with"),
  batch_size: whole(0, 32).describe('pieces of a long recording that are decoded side by side, 1 to 32'),
  vad_filter: flag.describe('hear only where there is speech'),
  vad_threshold: real(0, 1).describe(
    'with vad_filter or batch_size: probability from which on sound is speech (default 0.5)',
  ),
  vad_silence_ms: whole(0, 10_000).describe(
    'with vad_filter or batch_size: silence that ends a stretch of speech, ms (default 160)',
  ),
  vad_prefix_ms: whole(0, 2_000).describe(
    'with vad_filter or batch_size: sound before speech that belongs to it, ms (default 400)',
  ),
});

export type DecodingFields = z.infer<typeof decodingOptionsSchema>;

/** Those that live utterances read too. */
export const liveDecodingSchema = decodingOptionsSchema.pick({
  temperatures: true,
  beam_size: true,
  patience: true,
  best_of: true,
  length_penalty: true,
  sample_len: true,
  suppress_tokens: true,
  suppress_blank: true,
  compression_ratio_threshold: true,
  logprob_threshold: true,
  no_speech_threshold: true,
  hotwords: true,
  hotword_bias: true,
  seed: true,
});

/** Words to expect in a list, as OpenAI's clients have them; read as `hotwords`. */
export const keywordsSchema = z
  .array(z.string())
  .default([])
  .transform((words) => words.map((word) => word.trim()).filter((word) => word !== ''))
  .refine((words) => words.join(', ').length <= LONGEST_HOTWORDS, `may have ${LONGEST_HOTWORDS} characters`);

/** `beamSize` for `beam_size`. */
export function camelCased(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The decoding options among some fields, named as the protocol's types have them. */
export function decodingOptionsAmong(fields: Readonly<Partial<DecodingFields>>): DecodingOptions {
  const names = Object.keys(decodingOptionsSchema.shape) as (keyof DecodingFields)[];
  return Object.fromEntries(
    names.filter((name) => fields[name] !== undefined).map((name) => [camelCased(name), fields[name]]),
  );
}

function isAscending(times: readonly number[]): boolean {
  return times.every((time, i) => i === 0 || time >= (times[i - 1] as number));
}
