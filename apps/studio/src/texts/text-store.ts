import { useSyncExternalStore } from 'react';
import { ENGLISH_PAGE, type TextKey, type PageTexts } from './en.data.js';

/** The languages of the page, by what they call themselves. */
export const PAGE_LANGUAGES = { en: 'English', de: 'Deutsch', es: 'Español' } as const;
export type PageLanguage = keyof typeof PAGE_LANGUAGES;

const STORED_AS = 'parlance.page-language';
/** Fetched when they are chosen. */
const LOADERS: Readonly<Record<PageLanguage, () => Promise<PageTexts>>> = {
  en: () => Promise.resolve(ENGLISH_PAGE),
  de: async () => (await import('./de.data.js')).GERMAN_PAGE,
  es: async () => (await import('./es.data.js')).SPANISH_PAGE,
};

export type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

let current: { readonly language: PageLanguage; readonly texts: PageTexts } = {
  language: 'en',
  texts: ENGLISH_PAGE,
};
const listeners = new Set<() => void>();

/** A text with its values; one that is not given leaves its place as it is. */
export function fill(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replace(/\{(\w+)\}/g, (written, name: string) => String(values[name] ?? written));
}

/** The first of a browser's languages that the page has; English else. */
export function preferredLanguage(wanted: readonly string[]): PageLanguage {
  const known = wanted.map((tag) => tag.split('-')[0]!).find((tag) => Object.hasOwn(PAGE_LANGUAGES, tag));
  return (known as PageLanguage | undefined) ?? 'en';
}

/** Shows the page in a language, and remembers it. A language whose texts can not be fetched leaves the one before. */
export async function changeLanguage(language: PageLanguage, isChosen = true): Promise<void> {
  const texts = await LOADERS[language]().catch(() => undefined);
  if (!texts) return;
  current = { language, texts };
  document.documentElement.lang = language;
  document.title = texts['page.title'];
  if (isChosen) localStorage.setItem(STORED_AS, language);
  for (const listener of listeners) listener();
}

/** The language of an earlier visit, or the browser's. */
export function beginWithLanguage(): Promise<void> {
  const stored = localStorage.getItem(STORED_AS);
  return changeLanguage(preferredLanguage([...(stored ? [stored] : []), ...navigator.languages]), false);
}

/** The page's language and its texts, for components. */
export function useTexts(): { readonly language: PageLanguage; readonly t: Translate } {
  const { language, texts } = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  return { language, t: (key, values) => fill(texts[key], values) };
}
