import { z } from 'zod';
import { isAppError } from '@parlance/errors';
import { LANGUAGE_PATTERN, languageCode, parseLanguage } from './language.js';

const LONGEST_NAME = 64;
const OR_NONE = `^$|^auto$|${LANGUAGE_PATTERN}`;

/** The language of speech as text, read by `parseLanguage`. Empty: to be detected. */
export const languageSchema = z
  .string()
  .max(LONGEST_NAME)
  .default('')
  .transform((text, context) => readOr(() => languageCode(text), '', context))
  .meta({ pattern: OR_NONE });

/** The language of a text that is to be spoken: as `languageSchema`, but with its region, BCP 47. */
export const spokenTagSchema = z
  .string()
  .max(LONGEST_NAME)
  .default('')
  .transform((text, context) => readOr(() => parseLanguage(text)?.tag ?? '', '', context))
  .meta({ pattern: OR_NONE });

/** Languages a client allows, as text with commas between them. Empty: any, as where `auto` is among them. */
export const languageListSchema = z
  .string()
  .max(1_000)
  .default('')
  .transform((list, context) => readOr(() => languageCodes(list.split(',')), [], context));

/** As `languageListSchema`, in a list of their own. */
export const languageArraySchema = z
  .array(z.string().max(LONGEST_NAME))
  .max(100)
  .default([])
  .transform((list, context) => readOr(() => languageCodes(list), [], context));

/**
 * The codes of some allowed languages, each once; empty where any is.
 * @throws AppError request.invalid naming what is no language
 */
export function languageCodes(list: readonly string[]): string[] {
  const given = list.map((one) => one.trim()).filter((one) => one !== '');
  const codes = given.map(languageCode);
  return codes.includes('') ? [] : [...new Set(codes)];
}

/** Turns the refusal of the parser into an issue of the schema. */
function readOr<T>(read: () => T, otherwise: T, context: z.RefinementCtx): T {
  try {
    return read();
  } catch (error) {
    if (!isAppError(error)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return otherwise;
  }
}
