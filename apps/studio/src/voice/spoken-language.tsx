import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, dataOf } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';

/** What there is to choose until the catalogue has come. */
const FIRST = { code: 'en', native_name: 'English' };

const LANGUAGE_STORED_AS = 'parlance.spoken-language';

/** The language that was spoken last in this browser. */
export function spokenLanguage(): string {
  return localStorage.getItem(LANGUAGE_STORED_AS) ?? 'en';
}

/** Remembers which language is spoken. */
export function keepSpokenLanguage(language: string): void {
  localStorage.setItem(LANGUAGE_STORED_AS, language);
}

/** The language that a person speaks, of those that the installation understands now. */
export function SpokenLanguage(props: {
  readonly language: string;
  readonly onChange: (language: string) => void;
}): ReactNode {
  const { language, onChange } = props;
  const { t } = useTexts();
  const { data = [FIRST] } = useQuery({
    queryKey: ['languages'],
    queryFn: async () => {
      const answer = dataOf(await api.GET('/api/v1/languages', { params: { query: { limit: 100 } } }));
      return answer.languages.filter(({ available }) => available.recognition !== false);
    },
  });
  const isListed = data.some(({ code }) => code === language);
  return (
    <label>
      {t('talk.spoken')}
      <select value={language} onChange={({ target }) => onChange(target.value)}>
        {!isListed && <option value={language}>{language}</option>}
        {data.map(({ code, native_name: name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
