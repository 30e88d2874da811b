import type { ReactNode } from 'react';
import { useTexts } from '../texts/text-store.js';
import type { RequestOptions } from './request-code.js';

const FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json'] as const;

/** The options of a transcription as a form. */
export function OptionFields(props: {
  readonly options: RequestOptions;
  readonly models: readonly string[];
  readonly onChange: (options: RequestOptions) => void;
}): ReactNode {
  const { options, models, onChange } = props;
  const { t } = useTexts();
  const change = (changed: Partial<RequestOptions>): void => onChange({ ...options, ...changed });
  return (
    <fieldset>
      <legend>{t('play.options')}</legend>
      <div className="field">
        <label htmlFor="model">{t('play.model')}</label>
        <select id="model" value={options.model} onChange={({ target }) => change({ model: target.value })}>
          {[...new Set([options.model, ...models])].map((model) => (
            <option key={model}>{model}</option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="language">{t('play.languageOption')}</label>
        <input
          id="language"
          value={options.language}
          placeholder={t('play.detect')}
          maxLength={30}
          onChange={({ target }) => change({ language: target.value.trim() })}
        />
      </div>
      <div className="field">
        <label htmlFor="format">{t('play.format')}</label>
        <select
          id="format"
          value={options.responseFormat}
          onChange={({ target }) => {
            const responseFormat = FORMATS.find((format) => format === target.value) ?? 'json';
            change({ responseFormat });
          }}
        >
          {FORMATS.map((format) => (
            <option key={format}>{format}</option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="prompt">{t('play.prompt')}</label>
        <textarea
          id="prompt"
          rows={2}
          value={options.prompt}
          onChange={({ target }) => change({ prompt: target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="temperature">{t('play.temperature')}</label>
        <input
          id="temperature"
          type="number"
          min={0}
          max={1}
          step={0.1}
          value={options.temperature}
          onChange={({ target }) => change({ temperature: target.value })}
        />
      </div>
      <label>
        <input
          type="checkbox"
          checked={options.words}
          disabled={options.responseFormat !== 'verbose_json'}
          onChange={({ target }) => change({ words: target.checked })}
        />
        {t('play.words')}
      </label>
    </fieldset>
  );
}
