import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { access, api, dataOf, queries } from '../api/api-client.js';
import { FaultNote } from '../fault-note.js';
import { scoresOverTime, useRecord } from '../history/turn-record.js';
import { linkTo } from '../router.js';
import { useTexts } from '../texts/text-store.js';
import { spokenLanguage } from '../voice/spoken-language.js';

const LEVELS = ['A1', 'A2', 'B1', 'B2', 'C1', 'C2'] as const;
const SUGGESTED = 6;
/** While today is open, on a page that is looked at. */
const LOOK_AGAIN_MS = 10_000;
/** How many of the newest turns the mean is of. */
const RECENT = 10;

/** What a learner comes back to: days in a row, how it goes, scenarios to try, and what the coach knows of them. */
export function HomePage(): ReactNode {
  const { t } = useTexts();
  // Only accounts have a profile; a key is nobody's.
  const isAccount = access.current?.kind === 'account';
  return (
    <>
      <h1 tabIndex={-1}>{t('home.title')}</h1>
      <Streak />
      <Progress />
      {isAccount ? <OfAccount /> : <Suggestions level={null} language={spokenLanguage()} />}
    </>
  );
}

function Streak(): ReactNode {
  const { t } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['streak'],
    // Who comes back from a conversation wants to see that it counts, as it does once its turn is complete.
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.today_done ? false : LOOK_AGAIN_MS),
    queryFn: async () => {
      const { timeZone: time_zone } = Intl.DateTimeFormat().resolvedOptions();
      return dataOf(await api.GET('/api/v1/practice/streak', { params: { query: { time_zone } } }));
    },
  });
  return (
    <section aria-labelledby="home-streak">
      <h2 id="home-streak">{t('home.streak')}</h2>
      <FaultNote error={error} />
      {data && (
        <p>
          <strong>{t('home.days', { days: data.current })}</strong>{' '}
          {t(data.today_done ? 'home.todayDone' : 'home.todayOpen')}{' '}
          {t('home.longest', { days: data.longest })}
        </p>
      )}
    </section>
  );
}

function Progress(): ReactNode {
  const { t } = useTexts();
  const { turns, isLoading, error } = useRecord();
  const recent = scoresOverTime(turns).slice(-RECENT);
  const mean = recent.length && Math.round(recent.reduce((sum, score) => sum + score, 0) / recent.length);
  return (
    <section aria-labelledby="home-progress">
      <h2 id="home-progress">{t('home.progress')}</h2>
      <FaultNote error={error} />
      <p>
        {isLoading
          ? t('page.loading')
          : turns.length === 0
            ? t('history.empty')
            : `${t('history.turns', { turns: turns.length })}. `}
        {recent.length > 0 && t('history.mean', { mean })} <a {...linkTo('/record')}>{t('nav.history')}</a>
      </p>
    </section>
  );
}

/** What depends on the account: scenarios of its level, and its profile. */
function OfAccount(): ReactNode {
  const { data, error } = useQuery({
    queryKey: ['profile'],
    queryFn: async () => dataOf(await api.GET('/api/v1/profile')),
  });
  return (
    <>
      <FaultNote error={error} />
      {data && <Suggestions level={data.level} language={data.targetLanguages[0] ?? spokenLanguage()} />}
      {data && <Profile key={data.version} profile={data} />}
    </>
  );
}

/** Scenarios to try in the language that the learner speaks, of the learner's level where it is known. */
function Suggestions(props: {
  readonly level: (typeof LEVELS)[number] | null;
  readonly language: string;
}): ReactNode {
  const { level, language } = props;
  const { t } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['scenarios', level, language],
    queryFn: async () => {
      const query = { limit: SUGGESTED, language, ...(level ? { level } : {}) };
      return dataOf(await api.GET('/api/v1/scenarios', { params: { query } })).scenarios;
    },
  });
  return (
    <section aria-labelledby="home-suggested">
      <h2 id="home-suggested">{t('home.suggested')}</h2>
      <FaultNote error={error} />
      <ul className="cards">
        {data?.map(({ code, title, level: wanted, roles }) => (
          <li key={code} className="card">
            <a {...linkTo(`/?scenario=${code}`)}>{title}</a>
            <p className="note">
              {wanted} · {t('home.roles', roles)}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ProfileView {
  readonly name: string;
  readonly level: (typeof LEVELS)[number] | null;
  readonly goals: readonly string[];
  readonly version: number;
}

function Profile(props: { readonly profile: ProfileView }): ReactNode {
  const { name, level, goals, version } = props.profile;
  const { t } = useTexts();
  const saving = useMutation({
    mutationFn: async (fields: FormData) => {
      const text = (field: string): string => String(fields.get(field) ?? '').trim();
      const chosen = LEVELS.find((one) => one === text('level'));
      const lines = text('goals').split('\n');
      const body = {
        version,
        name: text('name'),
        goals: lines.map((line) => line.trim()).filter((line) => line !== ''),
        ...(chosen ? { level: chosen } : {}),
      };
      return dataOf(await api.PATCH('/api/v1/profile', { body }));
    },
    onSuccess: (saved) => queries.setQueryData(['profile'], saved),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    saving.mutate(new FormData(event.currentTarget));
  };
  return (
    <section aria-labelledby="home-profile">
      <h2 id="home-profile">{t('home.profile')}</h2>
      <form className="card" onSubmit={submit}>
        <div className="field">
          <label htmlFor="profile-name">{t('access.name')}</label>
          <input id="profile-name" name="name" required maxLength={100} defaultValue={name} />
        </div>
        <div className="field">
          <label htmlFor="profile-level">{t('home.level')}</label>
          <select id="profile-level" name="level" defaultValue={level ?? ''}>
            {level === null && <option value="">{t('home.levelUnknown')}</option>}
            {LEVELS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="profile-goals">{t('home.goals')}</label>
          <textarea id="profile-goals" name="goals" rows={3} defaultValue={goals.join('\n')} />
        </div>
        <FaultNote error={saving.error} />
        <button type="submit" className="main" disabled={saving.isPending}>
          {t('home.save')}
        </button>
      </form>
    </section>
  );
}
