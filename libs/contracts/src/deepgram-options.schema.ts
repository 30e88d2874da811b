import { z } from 'zod';
import { languageSchema } from './language.schema.js';
import { textSchema } from './text.schema.js';

/** Clients in Python write `True`. */
const lowerCased = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

/** A flag as a query has it; left out it is undefined. */
export const queryFlagSchema = z
  .preprocess(lowerCased, z.enum(['true', 'false']))
  .transform((text) => text === 'true')
  .optional();

/** Deepgram's option that this platform does not have: it may be declined, which is Deepgram's default. */
export const declinedOption = z.preprocess(lowerCased, z.literal('false', 'is no option here')).optional();

/** As `languageSchema`, with Deepgram's `multi` for what is detected. */
export const recognizedLanguageSchema = z
  .string()
  .optional()
  .transform((text) => (text === 'multi' ? 'auto' : text))
  .pipe(languageSchema);

/** The model that is asked for; empty: the default one. Version 3 of Deepgram's client for Python writes `None` where none is named. */
export const recognitionModelSchema = z
  .string()
  .max(200)
  .default('')
  .transform((name) => (name === 'None' ? '' : name));

/** Without effect, whatever its value: the answer is the same. */
const noEffect = queryFlagSchema;

const MOST_WORDS_TEXT = 1_000;

/** Deepgram's options of `/v1/listen` that live speech and recordings share, beside `model`, `language` and `encoding`. */
export const deepgramOptions = {
  /** Words and phrases to expect, as `hotwords`; several parameters, or one with commas. */
  keyterm: textSchema(MOST_WORDS_TEXT).optional(),
  /** The older form, `WORD:BOOST`; how much is the same for all. */
  keywords: textSchema(MOST_WORDS_TEXT)
    .refine((text) => !/:-/.test(text), 'cannot make a word less likely')
    .optional(),
  /** Texts are always punctuated and formatted. */
  punctuate: z.preprocess(lowerCased, z.literal('true', 'can only be true')).optional(),
  smart_format: noEffect,
  /** Fillers stand in the text as the model writes them. */
  filler_words: noEffect,
  /** Audio is used for no training. */
  mip_opt_out: noEffect,
  version: z.literal('latest', 'can only be latest').optional(),
  diarize: declinedOption,
  dictation: declinedOption,
  detect_entities: declinedOption,
  measurements: declinedOption,
  multichannel: declinedOption,
  numerals: declinedOption,
  profanity_filter: declinedOption,
} as const;

type ExpectedWords = Readonly<Partial<Record<'keyterm' | 'keywords' | 'hotwords', string | undefined>>>;

/** The words to expect by all their names, as `hotwords`; undefined where there are none. */
export function expectedWords({ keyterm, keywords, hotwords }: ExpectedWords): string | undefined {
  const words = [
    ...(hotwords ? [hotwords] : []),
    ...listOf(keyterm),
    ...listOf(keywords).map((word) => word.replace(/:[\d.]+$/, '')),
  ];
  return words.length > 0 ? words.join(', ') : undefined;
}

/** Some clients write a list as JSON. */
function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.replace(/^[\s["]+|[\s\]"]+$/g, ''))
    .filter((one) => one !== '');
}
