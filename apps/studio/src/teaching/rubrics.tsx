import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Refusal } from '../admin/admin-table.js';
import { api, dataOf, queries } from '../api/api-client.js';
import type { operations } from '../generated/openapi.js';
import { useTexts } from '../texts/text-store.js';
import { FormEnd, formFaults, FormField, linesOf } from './form-field.js';

type Mode = operations['TeachingModesController_find']['responses'][200]['content']['application/json'];

const CRITERIA = ['fluency', 'vocabulary', 'grammar', 'pronunciation'] as const;
type Criterion = (typeof CRITERIA)[number];

const FIELDS = [...CRITERIA.map((name) => `rubric.weights.${name}`), 'rubric.weights', 'guidelines'];

/** The rubrics of the teaching modes, one at a time: what counts how much, and how marks are given. */
export function RubricSection(): ReactNode {
  const { t } = useTexts();
  const [code, setCode] = useState('conversation');
  const { data, error } = useQuery({
    queryKey: ['modes'],
    queryFn: async () =>
      dataOf(await api.GET('/api/v1/teaching-modes', { params: { query: { limit: 100 } } })).teaching_modes,
  });
  const mode = data?.find((one) => one.code === code) ?? data?.[0];
  return (
    <>
      <Refusal error={error} t={t} />
      {mode && (
        <>
          <div className="field">
            <label htmlFor="rubric-mode">{t('teach.mode')}</label>
            <select id="rubric-mode" value={mode.code} onChange={({ target }) => setCode(target.value)}>
              {data?.map(({ code: one, label }) => (
                <option key={one} value={one}>
                  {label}
                </option>
              ))}
            </select>
          </div>
          <p className="note">{mode.description}</p>
          <RubricForm key={mode.code} mode={mode} />
        </>
      )}
    </>
  );
}

function RubricForm(props: { readonly mode: Mode }): ReactNode {
  const { mode } = props;
  const { language, t } = useTexts();
  const [weights, setWeights] = useState<Readonly<Record<Criterion, string>>>(() =>
    asTyped(mode.rubric.weights),
  );
  const [guidelines, setGuidelines] = useState(() => mode.guidelines.join('\n'));
  const saving = useMutation({
    mutationFn: async () => {
      const body = {
        rubric: { ...mode.rubric, weights: asNumbers(weights) },
        guidelines: linesOf(guidelines),
        version: mode.version,
      };
      return dataOf(
        await api.PATCH('/api/v1/teaching-modes/{id}', { params: { path: { id: mode.id } }, body }),
      );
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['modes'] }),
  });
  const faults = formFaults(saving.error, FIELDS);
  const sum = CRITERIA.reduce((total, name) => total + Number(weights[name]), 0);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  return (
    <form className="card" onSubmit={submit} noValidate>
      <fieldset aria-describedby="weights-sum weights-fault">
        <legend>{t('teach.weights')}</legend>
        <div className="weights">
          {CRITERIA.map((name) => (
            <FormField
              key={name}
              name={`rubric.weights.${name}`}
              label={t(`criterion.${name}`)}
              type="number"
              step="0.05"
              value={weights[name]}
              onChange={(value) => setWeights((before) => ({ ...before, [name]: value }))}
              faults={faults}
            />
          ))}
        </div>
        <p id="weights-sum" className="hint" role="status">
          {t('teach.sum', { sum: sum.toLocaleString(language, { maximumFractionDigits: 3 }) })}
        </p>
        <p id="weights-fault" className="fault" role={faults.fields['rubric.weights'] && 'alert'}>
          {faults.fields['rubric.weights']}
        </p>
      </fieldset>
      <RubricSample weights={asNumbers(weights)} />
      <FormField
        name="guidelines"
        label={t('teach.guidelines')}
        rows={6}
        value={guidelines}
        onChange={setGuidelines}
        faults={faults}
      />
      {saving.isSuccess && <p role="status">{t('teach.saved')}</p>}
      <FormEnd faults={faults} isBusy={saving.isPending} save={t('home.save')} />
    </form>
  );
}

/** What full marks in one criterion alone would come to, of 100. */
function RubricSample(props: { readonly weights: Readonly<Record<Criterion, number>> }): ReactNode {
  const { t } = useTexts();
  return (
    <dl className="scores" aria-label={t('teach.rubricSample')}>
      {CRITERIA.map((name) => (
        <div key={name}>
          <dt>{t(`criterion.${name}`)}</dt>
          <dd>{Math.round(100 * props.weights[name])} %</dd>
        </div>
      ))}
    </dl>
  );
}

function asTyped(weights: Readonly<Record<Criterion, number>>): Record<Criterion, string> {
  return Object.fromEntries(CRITERIA.map((name) => [name, String(weights[name])])) as Record<
    Criterion,
    string
  >;
}

function asNumbers(weights: Readonly<Record<Criterion, string>>): Record<Criterion, number> {
  return Object.fromEntries(CRITERIA.map((name) => [name, Number(weights[name])])) as Record<
    Criterion,
    number
  >;
}
