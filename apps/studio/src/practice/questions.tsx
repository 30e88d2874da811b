import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, dataOf, queries } from '../api/api-client.js';
import { FaultNote } from '../fault-note.js';
import type { operations } from '../generated/openapi.js';
import { useTexts, type Translate } from '../texts/text-store.js';
import { ImprovedText } from '../voice/improved-text.js';

type QuestionSet = operations['QuestionSetsController_find']['responses'][200]['content']['application/json'];
type Report = NonNullable<QuestionSet['report']>;

/** How often a set is asked for that is still being made or reported on, ms. */
const POLL_MS = 1_000;

/** Ten questions, one at a time, and the report on the answers. */
export function QuestionSection(): ReactNode {
  const { t } = useTexts();
  const [id, setId] = useState<string>();
  const { data: set, error } = useQuery({
    queryKey: ['question-set', id],
    enabled: id !== undefined,
    queryFn: async () =>
      dataOf(await api.GET('/api/v1/practice/question-sets/{id}', { params: { path: { id: id! } } })),
    refetchInterval: ({ state }) => (isBusy(state.data) ? POLL_MS : false),
  });
  const keep = (changed: QuestionSet): void => {
    queries.setQueryData(['question-set', changed.id], changed);
    setId(changed.id);
  };
  const making = useMutation({
    mutationFn: async (topic: string) =>
      dataOf(await api.POST('/api/v1/practice/question-sets', { body: topic === '' ? {} : { topic } })),
    onSuccess: keep,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    making.mutate(String(new FormData(event.currentTarget).get('topic')).trim());
  };
  return (
    <>
      <p>{t('questions.text')}</p>
      <FaultNote error={error ?? making.error} />
      {(!set || set.status === 'reported' || set.status === 'failed') && (
        <form className="typed" onSubmit={submit}>
          <label>
            {t('questions.topic')} <input name="topic" maxLength={60} />
          </label>
          <button type="submit" className="main" disabled={making.isPending}>
            {t('questions.start')}
          </button>
        </form>
      )}
      {isBusy(set) && <p role="status">{t('questions.wait')}</p>}
      {set?.status === 'failed' && <FaultNote error={new Error(set.error?.message)} />}
      {set?.status === 'open' && <OpenQuestion set={set} onChange={keep} t={t} />}
      {set?.report && <ReportView set={set} report={set.report} t={t} />}
    </>
  );
}

const isBusy = (set: QuestionSet | undefined): boolean =>
  set?.status === 'making' || set?.status === 'reporting';

/** The first question without an answer. */
function OpenQuestion(props: {
  readonly set: QuestionSet;
  readonly onChange: (set: QuestionSet) => void;
  readonly t: Translate;
}): ReactNode {
  const { set, onChange, t } = props;
  const params = { path: { id: set.id } };
  const answering = useMutation({
    mutationFn: async (text: string) =>
      dataOf(await api.POST('/api/v1/practice/question-sets/{id}/answers', { params, body: { text } })),
    onSuccess: onChange,
  });
  const finishing = useMutation({
    mutationFn: async () => dataOf(await api.POST('/api/v1/practice/question-sets/{id}/finish', { params })),
    onSuccess: onChange,
  });
  const question = set.questions.find(({ id }) => set.answers.every((answer) => answer.question !== id));
  if (!question) return null;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get('answer')).trim();
    if (text !== '') answering.mutate(text);
  };
  return (
    <form key={question.id} className="card" onSubmit={submit}>
      <p className="note" role="status">
        {t('questions.place', { place: set.answers.length + 1, all: set.questions.length })}
      </p>
      <div className="field">
        <label htmlFor="answer" lang={set.language}>
          {question.text}
        </label>
        <textarea id="answer" name="answer" rows={2} maxLength={2_000} lang={set.language} autoFocus />
      </div>
      <FaultNote error={answering.error ?? finishing.error} />
      <button type="submit" className="main" disabled={answering.isPending}>
        {t('questions.answer')}
      </button>{' '}
      {set.answers.length > 0 && (
        <button type="button" disabled={finishing.isPending} onClick={() => finishing.mutate()}>
          {t('questions.finish')}
        </button>
      )}
    </form>
  );
}

function ReportView(props: {
  readonly set: QuestionSet;
  readonly report: Report;
  readonly t: Translate;
}): ReactNode {
  const { set, report, t } = props;
  const { answered, made_sense: sensible, errors, practise } = report;
  return (
    <section aria-labelledby="question-report">
      <h2 id="question-report">{t('questions.report')}</h2>
      <p role="status">{t('questions.counts', { answered, sensible, errors })}</p>
      {practise.length > 0 && (
        <p>
          {t('questions.practise')}: {practise.join(', ')}
        </p>
      )}
      <ol>
        {report.answers.map(({ question, errors: mistakes, improved, makes_sense: isSensible }) => (
          <li key={question}>
            <p lang={set.language}>{set.questions.find(({ id }) => id === question)?.text}</p>
            <p className="said" lang={set.language}>
              {set.answers.find((answer) => answer.question === question)?.text}
            </p>
            {isSensible === false && <p className="note">{t('questions.offTopic')}</p>}
            <ul>
              {mistakes.map(({ text, correction, rule, explanation }, index) => (
                <li key={index}>
                  <del>{text}</del> → <ins>{correction}</ins> <em>{rule}</em>. {explanation}
                </li>
              ))}
            </ul>
            {mistakes.length > 0 && <ImprovedText text={improved} />}
          </li>
        ))}
      </ol>
    </section>
  );
}
