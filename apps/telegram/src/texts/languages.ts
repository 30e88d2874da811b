import { ENGLISH } from './english.js';
import { GERMAN } from './german.js';
import { SPANISH } from './spanish.js';
import type { Texts } from './texts.js';

export const LANGUAGES = { en: ENGLISH, de: GERMAN, es: SPANISH } as const satisfies Record<string, Texts>;
export type Language = keyof typeof LANGUAGES;

export function isLanguage(code: string): code is Language {
  return Object.hasOwn(LANGUAGES, code);
}

/** The texts of a language; English for one that the bot does not speak. @param tag  BCP 47, as Telegram says the user's */
export function textsOf(tag: string): Texts {
  return LANGUAGES[languageOf(tag)];
}

/** The bot's language for a tag such as `es-MX`; `en` where it speaks none of the kind. */
export function languageOf(tag: string): Language {
  const code = tag.toLowerCase().split('-')[0]!;
  return isLanguage(code) ? code : 'en';
}
