import { useState, type ReactNode } from 'react';
import { ENGLISH_PAGE, type TextKey } from '../texts/en.data.js';
import { useTexts, type Translate } from '../texts/text-store.js';
import type { Assessment, AssessedWord, AssessmentReason, AssessedScore } from './voice-events.js';

/** The scores of an utterance, in the order that they are shown in. */
const SCORES = [
  ...['total', 'accuracy', 'fluency', 'prosody', 'completeness'],
  ...['confidence', 'clarity'],
] as const;

/** Accuracies from which a word counts as said well, or as understood; a phone below the first one has a likelier other phone
 *  (docs/scores.md). */
const GOOD = 80;
const FAIR = 60;

/** How an utterance was spoken: words by their accuracy, the phones of one that is pressed, scores with their intervals, and why
 *  something has none. */
export function AssessmentView(props: { readonly assessment: Assessment }): ReactNode {
  const { utterance, words, reasons } = props.assessment;
  const { t } = useTexts();
  const [chosen, setChosen] = useState<number>();
  const scored = SCORES.filter((name) => utterance[name]);
  const unscored = SCORES.filter((name) => !utterance[name]);
  const missing = reasonsOf(unscored, reasons, t);
  const lowering = reasonsOf(scored, reasons, t).filter((reason) => !missing.includes(reason));
  const word = chosen === undefined ? undefined : words[chosen];
  return (
    <section className="assessment" aria-label={t('assess.title')}>
      {words.some(({ accuracy }) => accuracy) && (
        <>
          <p className="words" lang="en">
            {words.map((one, index) => (
              <button
                key={index}
                type="button"
                className={`word ${bandOf(one.accuracy)}`}
                aria-expanded={chosen === index}
                onClick={() => setChosen(chosen === index ? undefined : index)}
              >
                {one.text}
                <span className="unseen">
                  {' '}
                  ({t(`assess.${bandOf(one.accuracy)}`)}
                  {one.accuracy && `, ${Math.round(one.accuracy.value)}`})
                </span>
              </button>
            ))}
          </p>
          <p className="hint">
            {t('assess.hint')}{' '}
            {(['good', 'fair', 'poor'] as const).map((band) => (
              <span key={band} className={`word ${band}`}>
                {t(`assess.${band}`)}
              </span>
            ))}
          </p>
        </>
      )}
      {word && <Phones word={word} reasons={reasons.filter((one) => one.words.includes(chosen!))} t={t} />}
      {scored.length > 0 && (
        <dl className="scores" aria-label={t('assess.scores')}>
          {scored.map((name) => (
            <div key={name}>
              <dt>{t(`assess.${name}`)}</dt>
              <dd>
                <Interval score={utterance[name]!} t={t} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {lowering.length > 0 && (
        <p className="note">
          {t('assess.lowered')} {lowering.join(' ')}
        </p>
      )}
      {unscored.length > 0 && (
        <p className="note">
          {t('assess.unscored', { scores: unscored.map((name) => t(`assess.${name}`)).join(', ') })}{' '}
          {missing.join(' ')}
        </p>
      )}
    </section>
  );
}

function Phones(props: {
  readonly word: AssessedWord;
  readonly reasons: readonly AssessmentReason[];
  readonly t: Translate;
}): ReactNode {
  const { word, reasons, t } = props;
  return (
    <div className="phones" role="status">
      <p className="note">
        {t('assess.phones', { word: word.text })} {reasons.map((reason) => reasonText(reason, t)).join(' ')}
      </p>
      <ul>
        {word.phones.map(({ phone, accuracy, substitution }, index) => (
          <li key={index}>
            <span className={`word ${bandOf(accuracy)}`}>{phone}</span> <Interval score={accuracy} t={t} />{' '}
            {substitution && t('assess.substitution', { phone: substitution.phone })}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A score with the ends of its interval. */
function Interval(props: { readonly score: AssessedScore; readonly t: Translate }): ReactNode {
  const { value, low, high } = props.score;
  const ends = { low: Math.round(low), high: Math.round(high) };
  return (
    <>
      {Math.round(value)} <small>{props.t('assess.interval', ends)}</small>
    </>
  );
}

function bandOf(accuracy: AssessedScore | null): 'good' | 'fair' | 'poor' | 'unknown' {
  if (!accuracy) return 'unknown';
  if (accuracy.value >= GOOD) return 'good';
  return accuracy.value >= FAIR ? 'fair' : 'poor';
}

/** Why these scores are null, or lower than they could be; each reason once. One without fields is about all scores. */
function reasonsOf(
  names: readonly string[],
  reasons: readonly AssessmentReason[],
  t: Translate,
): readonly string[] {
  if (names.length === 0) return [];
  const fields = new Set(names.map((name) => `utterance.${name}`));
  const told = reasons.filter(
    (one) => one.fields.length === 0 || one.fields.some((field) => fields.has(field)),
  );
  return [...new Set(told.map((reason) => reasonText(reason, t)))];
}

/** A reason in the page's language; one that the page does not know, as the platform says it. */
function reasonText({ code, message }: AssessmentReason, t: Translate): string {
  const key = `reason.${code}`;
  return Object.hasOwn(ENGLISH_PAGE, key) ? t(key as TextKey) : message;
}
