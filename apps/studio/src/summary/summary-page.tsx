import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api, ApiFault, dataOf } from '../api/api-client.js';
import { FaultNote } from '../fault-note.js';
import { linkTo } from '../router.js';
import { useTexts, type Translate } from '../texts/text-store.js';
import { ImprovedText } from '../voice/improved-text.js';
import { sessionFigures, type SessionFigures } from './session-figures.js';
import { SummaryText } from './summary-text.js';

const MINUTE_MS = 60_000;

/** How one conversation went: scores over its turns, the strongest and the weakest, what was wrong, and what to do next. */
export function SummaryPage(): ReactNode {
  const { language, t } = useTexts();
  const [id] = useState(() => new URLSearchParams(location.search).get('session') ?? '');
  const params = { path: { id } };
  const session = useQuery({
    queryKey: ['session', id],
    queryFn: async () => dataOf(await api.GET('/api/v1/voice/sessions/{id}', { params })),
  });
  const turns = useQuery({
    queryKey: ['turns', id],
    queryFn: async () => dataOf(await api.GET('/api/v1/voice/sessions/{id}/turns', { params })).turns,
  });
  const error = session.error ?? turns.error;
  const isMissing = error instanceof ApiFault && (error.status === 404 || error.status === 400);
  const figures = sessionFigures(turns.data ?? []);
  return (
    <>
      <h1 tabIndex={-1}>{t('summary.title')}</h1>
      {isMissing ? (
        <p role="alert" className="problem">
          {t('summary.missing')}
        </p>
      ) : (
        <FaultNote error={error} />
      )}
      {!error && !(session.data && turns.data) && <p role="status">{t('page.loading')}</p>}
      {session.data && turns.data && (
        <>
          <p className="note">
            <time dateTime={session.data.createdAt}>
              {new Date(session.data.createdAt).toLocaleString(language, {
                ...({ dateStyle: 'medium', timeStyle: 'short' } as const),
              })}
            </time>
          </p>
          <p role="status">
            {turns.data.length === 0
              ? t('summary.none')
              : t('summary.counts', {
                  turns: turns.data.length,
                  words: session.data.metrics.spokenWords,
                  minutes: Math.max(1, Math.round(session.data.metrics.durationMs / MINUTE_MS)),
                })}
          </p>
          {turns.data.length > 0 && <Figures figures={figures} t={t} />}
          <SummaryText session={id} isOver={session.data.status === 'ended'} />
        </>
      )}
      <p className="ways">
        <a {...linkTo('/')}>{t('talk.again')}</a> <a {...linkTo('/record')}>{t('nav.history')}</a>
      </p>
    </>
  );
}

function Figures(props: { readonly figures: SessionFigures; readonly t: Translate }): ReactNode {
  const { figures, t } = props;
  const { strongest, weakest, toMend } = figures;
  return (
    <>
      {strongest && (
        <section aria-labelledby="summary-scores">
          <h2 id="summary-scores">{t('summary.scores')}</h2>
          <ScoreTable figures={figures} t={t} />
          <p>
            {t('summary.strongest', { score: t(strongest.label), value: Math.round(strongest.mean) })}{' '}
            {weakest && t('summary.weakest', { score: t(weakest.label), value: Math.round(weakest.mean) })}
          </p>
        </section>
      )}
      <section aria-labelledby="summary-faults">
        <h2 id="summary-faults">{t('summary.faults')}</h2>
        {toMend.length === 0 && <p>{t('summary.noFaults')}</p>}
        <ul className="cards">
          {toMend.map(({ id, said, improved, faults }) => (
            <li key={id} className="card">
              <p className="said">{said}</p>
              <ul>
                {faults.map(({ text, correction, rule }, index) => (
                  <li key={index}>
                    <del>{text}</del> → <ins>{correction}</ins> <em>{rule}</em>
                  </li>
                ))}
              </ul>
              <ImprovedText text={improved} />
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="summary-next">
        <h2 id="summary-next">{t('summary.next')}</h2>
        <p>{nextStep(figures, t)}</p>
      </section>
    </>
  );
}

/** The scores of each turn, with the mean last; read as a table, so that no colour or line is needed. */
function ScoreTable(props: { readonly figures: SessionFigures; readonly t: Translate }): ReactNode {
  const { figures, t } = props;
  const { series } = figures;
  const turns = series[0]?.values ?? [];
  return (
    <div className="scrolled" tabIndex={0} role="group" aria-labelledby="summary-scores">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('assess.scores')}</th>
            {turns.map((_, index) => (
              <th key={index} scope="col">
                {t('summary.turn')} {index + 1}
              </th>
            ))}
            <th scope="col">{t('summary.mean')}</th>
          </tr>
        </thead>
        <tbody>
          {series.map(({ label, values, mean }) => (
            <tr key={label}>
              <th scope="row">{t(label)}</th>
              {values.map((value, index) => (
                <td key={index}>{value === undefined ? '–' : Math.round(value)}</td>
              ))}
              <td>
                <strong>{Math.round(mean)}</strong>{' '}
                <meter min={0} max={100} value={mean} aria-label={t(label)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Mistakes first: they can be mended at once. */
function nextStep({ toMend, weakest, strongest }: SessionFigures, t: Translate): string {
  if (toMend.length > 0) return t('summary.nextFaults');
  const score = weakest ?? strongest;
  return score ? t('summary.nextScore', { score: t(score.label) }) : t('summary.nextTalk');
}
