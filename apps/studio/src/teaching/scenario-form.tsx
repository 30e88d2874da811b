import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, dataOf } from '../api/api-client.js';
import type { operations } from '../generated/openapi.js';
import { useTexts } from '../texts/text-store.js';
import { ChoiceField, FormEnd, formFaults, FormField, linesOf } from './form-field.js';

export type ScenarioEntry =
  operations['ScenariosController_find']['responses'][200]['content']['application/json'];

const LEVELS = ['A1', 'A2', 'B1', 'B2', 'C1', 'C2'] as const;
type Level = (typeof LEVELS)[number];

const FIELDS = [
  ...['title', 'mode', 'level', 'languages', 'roles.coach', 'roles.learner'],
  ...['opening', 'goals', 'key_phrases'],
];

/** The fields as they are typed. */
interface Typed {
  readonly title: string;
  readonly mode: string;
  readonly level: string;
  readonly languages: string;
  readonly coach: string;
  readonly learner: string;
  readonly opening: string;
  readonly goals: string;
  readonly phrases: string;
}

/** Writes a scenario, a new one or another version of one, beside what a learner will see of it. */
export function ScenarioForm(props: {
  /** Undefined: a new one. */
  readonly scenario: ScenarioEntry | undefined;
  readonly onEnd: () => void;
}): ReactNode {
  const { scenario, onEnd } = props;
  const { t } = useTexts();
  const [typed, setTyped] = useState(() => typedOf(scenario));
  const { data: modes = [] } = useQuery({
    queryKey: ['modes'],
    queryFn: async () =>
      dataOf(await api.GET('/api/v1/teaching-modes', { params: { query: { limit: 100 } } })).teaching_modes,
  });
  const saving = useMutation({
    mutationFn: async () => {
      const body = bodyOf(typed, scenario);
      if (!scenario) return dataOf(await api.POST('/api/v1/scenarios', { body }));
      const params = { path: { id: scenario.id } };
      return dataOf(
        await api.PATCH('/api/v1/scenarios/{id}', { params, body: { ...body, version: scenario.version } }),
      );
    },
    onSuccess: onEnd,
  });
  const faults = formFaults(saving.error, FIELDS);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  const field = (key: keyof Typed) => ({
    value: typed[key],
    onChange: (value: string) => setTyped((before) => ({ ...before, [key]: value })),
    faults,
  });
  return (
    <div className="columns">
      <form className="card" onSubmit={submit} noValidate>
        <FormField name="title" label={t('teach.title')} {...field('title')} />
        <ChoiceField
          name="mode"
          label={t('teach.mode')}
          {...field('mode')}
          choices={
            modes.length > 0 ? modes.map(({ code, label }) => [code, label]) : [[typed.mode, typed.mode]]
          }
        />
        <ChoiceField
          name="level"
          label={t('home.level')}
          {...field('level')}
          choices={LEVELS.map((level) => [level, level])}
        />
        <FormField
          name="languages"
          label={t('teach.languages')}
          hint={t('teach.languagesHint')}
          {...field('languages')}
        />
        <FormField name="roles.coach" label={t('teach.coachIs')} {...field('coach')} />
        <FormField name="roles.learner" label={t('teach.learnerIs')} {...field('learner')} />
        <FormField name="opening" label={t('teach.opening')} rows={2} {...field('opening')} />
        <FormField name="goals" label={t('home.goals')} rows={4} {...field('goals')} />
        <FormField name="key_phrases" label={t('teach.phrases')} rows={3} {...field('phrases')} />
        <FormEnd faults={faults} isBusy={saving.isPending} save={t('home.save')}>
          <button type="button" onClick={onEnd}>
            {t('teach.cancel')}
          </button>
        </FormEnd>
      </form>
      <ScenarioSample typed={typed} />
    </div>
  );
}

/** What a learner sees and is told of the scenario. */
function ScenarioSample(props: { readonly typed: Typed }): ReactNode {
  const { title, level, coach, learner, opening, goals, phrases } = props.typed;
  const { t } = useTexts();
  return (
    <section aria-labelledby="sample-title">
      <h2 id="sample-title">{t('teach.asSeen')}</h2>
      <div className="card sample">
        <p>
          <strong>{title || '…'}</strong>
        </p>
        <p className="note">
          {level} · {t('home.roles', { coach: coach || '…', learner: learner || '…' })}
        </p>
        <p className="reply">
          <span className="speaker">{t('talk.coach')}</span>
          {opening || '…'}
        </p>
        <ol>
          {linesOf(goals).map((goal, index) => (
            <li key={index}>{goal}</li>
          ))}
        </ol>
        <p>{linesOf(phrases).join(' · ')}</p>
      </div>
    </section>
  );
}

function typedOf(scenario: ScenarioEntry | undefined): Typed {
  return {
    title: scenario?.title ?? '',
    mode: scenario?.mode ?? 'conversation',
    level: scenario?.level ?? 'A2',
    languages: (scenario?.languages ?? []).join(', '),
    coach: scenario?.roles.coach ?? '',
    learner: scenario?.roles.learner ?? '',
    opening: scenario?.opening ?? '',
    goals: (scenario?.goals ?? []).map(({ goal }) => goal).join('\n'),
    phrases: (scenario?.key_phrases ?? []).join('\n'),
  };
}

/** A goal whose text stays keeps its keywords and questions. */
function bodyOf(typed: Typed, scenario: ScenarioEntry | undefined) {
  const { title, mode, level, languages, coach, learner, opening } = typed;
  return {
    title,
    mode,
    level: level as Level,
    languages: languages.split(/[\s,]+/).filter((code) => code !== ''),
    roles: { coach, learner },
    opening,
    goals: linesOf(typed.goals).map((text) => scenario?.goals.find(({ goal }) => goal === text) ?? text),
    key_phrases: linesOf(typed.phrases),
  };
}
