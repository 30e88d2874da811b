import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, ApiFault, dataOf, faultIn, queries } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { FormEnd, formFaults, FormField } from '../teaching/form-field.js';
import { AdminTable, Refusal } from './admin-table.js';

/** Limits of one learner, by the names of the API. */
const LIMITS = {
  requestsPerSecond: 'quota.requests',
  concurrentStreams: 'quota.streams',
  audioMinutesPerDay: 'quota.audio',
  tokensPerDay: 'quota.tokens',
  storageBytes: 'quota.storage',
} as const;
type LimitName = keyof typeof LIMITS;
const NAMES = Object.keys(LIMITS) as LimitName[];

/** What may be used and what is left of it, and the limits of one learner. */
export function LimitSection(): ReactNode {
  const { language, t } = useTexts();
  const [user, setUser] = useState('');
  const { data, error } = useQuery({
    queryKey: ['limits'],
    queryFn: async () => dataOf(await api.GET('/api/v1/limits')).limits,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setUser(String(new FormData(event.currentTarget).get('user')).trim());
  };
  return (
    <>
      <Refusal error={error} t={t} />
      {data?.length === 0 && <p role="status">{t('admin.noLimits')}</p>}
      {data && data.length > 0 && (
        <AdminTable
          head={['admin.quota', 'admin.scope', 'admin.limits', 'admin.used', 'admin.left', 'admin.resets']}
          t={t}
        >
          {data.map(({ quota, scope, limit, used, left, resetsAt }) => (
            <tr key={`${quota} ${scope}`}>
              <th scope="row">{t(`quota.${quota}`)}</th>
              <td>{t(`scope.${scope}`)}</td>
              {[limit, used, left].map((value, index) => (
                <td key={index}>{value.toLocaleString(language, { maximumFractionDigits: 1 })}</td>
              ))}
              <td>{resetsAt ? new Date(resetsAt).toLocaleTimeString(language) : '–'}</td>
            </tr>
          ))}
        </AdminTable>
      )}
      <h2>{t('admin.ofLearner')}</h2>
      <form className="typed" onSubmit={submit}>
        <label>
          {t('admin.learnerId')} <input name="user" required maxLength={200} />
        </label>
        <button type="submit">{t('admin.show')}</button>
      </form>
      {user !== '' && <LearnerLimits key={user} user={user} />}
    </>
  );
}

function LearnerLimits(props: { readonly user: string }): ReactNode {
  const { user } = props;
  const { t } = useTexts();
  const path = { user };
  const queryKey = ['learner-limits', user];
  const [typed, setTyped] = useState<Partial<Record<LimitName, string>>>({});
  const { data, error } = useQuery({
    queryKey,
    queryFn: async () => dataOf(await api.GET('/api/v1/limits/learners/{user}', { params: { path } })),
  });
  const valueOf = (name: LimitName): string => typed[name] ?? String(data?.limits[name] ?? '');
  const after = async (): Promise<void> => {
    setTyped({});
    await queries.invalidateQueries({ queryKey });
  };
  const saving = useMutation({
    mutationFn: async () => {
      // Nothing is no limit.
      const given = NAMES.filter((name) => valueOf(name).trim() !== '');
      const limits = Object.fromEntries(given.map((name) => [name, Number(valueOf(name))]));
      const body = { version: data?.version ?? 0, limits };
      return dataOf(await api.PUT('/api/v1/limits/learners/{user}', { params: { path }, body }));
    },
    onSuccess: after,
  });
  const deleting = useMutation({
    mutationFn: async () => {
      const answer = await api.DELETE('/api/v1/limits/learners/{user}', { params: { path } });
      if (!answer.response.ok) throw new ApiFault(answer.response.status, faultIn(answer.error));
    },
    onSuccess: after,
  });
  const fieldNames = NAMES.map((name) => `limits.${name}`);
  const faults = formFaults(saving.error ?? deleting.error, fieldNames);
  if (!data) return <Refusal error={error} t={t} />;
  return (
    <form
      className="card"
      aria-label={`${t('admin.limits')}: ${user}`}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!saving.isPending) saving.mutate();
      }}
    >
      {NAMES.map((name) => (
        <FormField
          key={name}
          name={`limits.${name}`}
          label={t(LIMITS[name])}
          type="number"
          value={valueOf(name)}
          onChange={(value) => setTyped((before) => ({ ...before, [name]: value }))}
          faults={faults}
        />
      ))}
      {saving.isSuccess && <p role="status">{t('teach.saved')}</p>}
      <FormEnd faults={faults} isBusy={saving.isPending || deleting.isPending} save={t('home.save')}>
        {data.version > 0 && (
          <button type="button" onClick={() => deleting.mutate()}>
            {t('admin.asForAll')}
          </button>
        )}
      </FormEnd>
    </form>
  );
}
