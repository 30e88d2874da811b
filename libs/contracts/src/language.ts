import { AppError } from '@parlance/errors';
import { textHead } from './text.schema.js';
import { OTHER_LANGUAGE_NAMES, WHISPER_LANGUAGES } from './whisper-languages.data.js';

/** The shape of a BCP 47 tag; `_` is taken for `-`, as in the names of locales. */
const TAG = /^[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,4}$/;
/** Codes that BCP 47 prefers and Whisper has under another one. */
const WHISPER_CODES: ReadonlyMap<string, string> = new Map([
  ['nb', 'no'],
  ['fil', 'tl'],
  ['jv', 'jw'],
]);
const CODES_BY_NAME: ReadonlyMap<string, string> = new Map([
  ...OTHER_LANGUAGE_NAMES,
  ...[...WHISPER_LANGUAGES].map(([code, name]) => [name, code] as const),
]);

/** In JSON Schema: what `parseLanguage` takes, in lower case; without what stands for no language. */
export const LANGUAGE_PATTERN = `^(?:${[...CODES_BY_NAME.keys()].join('|')}|[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4})$`;

/** A language as a client may name it. */
export interface NamedLanguage {
  /** Whisper's code (ISO 639-1 where there is one), without script and region. Whether a model knows it is not checked. */
  readonly code: string;
  /** BCP 47 with what the client said of script and region, for voices. */
  readonly tag: string;
}

/**
 * Reads a language as every API takes it: a BCP 47 tag (`en`, `pt-BR`, `zh_Hant_TW`, `eng`) or Whisper's English name
 * (`english`, `haitian creole`), in any case.
 * @returns undefined for `auto` and for nothing: the language is to be detected
 * @throws AppError request.invalid naming what is neither
 */
export function parseLanguage(text: string): NamedLanguage | undefined {
  const given = text.trim().toLowerCase();
  if (given === '' || given === 'auto') return undefined;
  const named = CODES_BY_NAME.get(given);
  if (named !== undefined) return { code: named, tag: named };
  const subtags = given.replaceAll('_', '-');
  if (!TAG.test(subtags)) throw notALanguage(text);
  const [primary = '', ...rest] = subtags.split('-');
  return { code: whisperCode(subtags, primary), tag: [primary, ...rest.map(inItsCase)].join('-') };
}

/** As `parseLanguage`: the code alone, empty where the language is to be detected. */
export function languageCode(text: string): string {
  return parseLanguage(text)?.code ?? '';
}

/** Whisper's English name of a language, lower case; the code itself where Whisper has none, empty for none. */
export function languageName(code: string): string {
  return WHISPER_LANGUAGES.get(code) ?? code;
}

/** `iw` is he, `eng` is en: what the registry of BCP 47 prefers, under Whisper's code. */
function whisperCode(tag: string, primary: string): string {
  const preferred = preferredPrimary(tag) ?? primary;
  const code = WHISPER_CODES.get(preferred) ?? preferred;
  return WHISPER_LANGUAGES.has(code) || !WHISPER_LANGUAGES.has(primary) ? code : primary;
}

function preferredPrimary(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]?.split('-')[0];
  } catch {
    // Some tags have the shape alone.
    return undefined;
  }
}

/** Regions in capitals, scripts with one. */
function inItsCase(subtag: string): string {
  if (subtag.length === 2) return subtag.toUpperCase();
  return subtag.length === 4 ? subtag.charAt(0).toUpperCase() + subtag.slice(1) : subtag;
}

function notALanguage(text: string): AppError {
  return new AppError(
    'request.invalid',
    `'${textHead(text, 24)}' is no language; use a BCP 47 tag such as en or pt-BR, an English name such as spanish, or auto`,
  );
}

/** Codes of the languages that multilingual recognition knows. */
export const RECOGNIZED_LANGUAGES: readonly string[] = [...WHISPER_LANGUAGES.keys()];

/** Levels of the Common European Framework of Reference for Languages. */
export const LEVELS = ['A1', 'A2', 'B1', 'B2', 'C1', 'C2'] as const;
export type Level = (typeof LEVELS)[number];
