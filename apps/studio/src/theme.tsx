import { useState, type ReactNode } from 'react';
import { useTexts } from './texts/text-store.js';

/** The colours of the page: the device's, unless a person has chosen. */
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const THEME_STORED_AS = 'parlance.theme';

/** What was chosen on an earlier visit. */
function storedTheme(): Theme {
  const stored = localStorage.getItem(THEME_STORED_AS);
  return THEMES.find((theme) => theme === stored) ?? 'system';
}

/** Shows the page in the colours that were chosen. */
export function showTheme(): void {
  const theme = storedTheme();
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset.theme;
  else dataset.theme = theme;
}

/** Shows the page in other colours, and remembers them. */
function changeTheme(theme: Theme): void {
  localStorage.setItem(THEME_STORED_AS, theme);
  showTheme();
}

/** Where people choose the colours. */
export function ThemeChoice(): ReactNode {
  const { t } = useTexts();
  const [theme, setTheme] = useState(storedTheme);
  return (
    <label>
      <span className="unseen">{t('page.theme')}</span>
      <select
        value={theme}
        onChange={({ target }) => {
          changeTheme(target.value as Theme);
          setTheme(target.value as Theme);
        }}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {t(`theme.${one}`)}
          </option>
        ))}
      </select>
    </label>
  );
}
