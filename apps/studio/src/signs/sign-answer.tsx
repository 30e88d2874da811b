import type { ReactNode } from 'react';
import type { operations } from '../generated/openapi.js';
import { useTexts } from '../texts/text-store.js';

export type AnswerOfSigns =
  operations['SignsController_read']['responses'][200]['content']['application/json'];

/** Of the letters that are shown at once. */
const FIRST = 5;

/** The letter that was read, and how likely each is. */
export function SignAnswerView(props: { readonly answer: AnswerOfSigns }): ReactNode {
  const { letter, probability, letters, handProbability } = props.answer;
  const { t } = useTexts();
  return (
    <section className="card" aria-label={t('signs.answer')}>
      <p role="status">
        <span className="letter" aria-hidden="true">
          {letter}
        </span>{' '}
        {t('signs.letter', { letter, percent: percentOf(probability) })}
      </p>
      <p className="note">{t('signs.hand', { percent: percentOf(handProbability) })}</p>
      <Probabilities letters={letters.slice(0, FIRST)} />
      <details>
        <summary>{t('signs.others')}</summary>
        <Probabilities letters={letters} />
      </details>
    </section>
  );
}

function Probabilities(props: { readonly letters: AnswerOfSigns['letters'] }): ReactNode {
  const { t } = useTexts();
  return (
    <ul className="probabilities">
      {props.letters.map(({ letter, probability }) => (
        <li key={letter}>
          <span>{letter}</span>
          <meter value={probability} aria-label={`${t('signs.probability')}: ${letter}`} />
          <span>{percentOf(probability)} %</span>
        </li>
      ))}
    </ul>
  );
}

/** In percent; what is not nothing is not shown as 0. */
function percentOf(probability: number): string {
  const percent = 100 * probability;
  return percent >= 1 || percent === 0 ? percent.toFixed(0) : '< 1';
}
