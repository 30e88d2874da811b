import * as Tabs from '@radix-ui/react-tabs';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { api, ApiFault, dataOf, faultIn, queries } from '../api/api-client.js';
import { AdminTable, Refusal } from './admin-table.js';
import { AuditSection } from './audit-section.js';
import type { TextKey } from '../texts/en.data.js';
import { useTexts } from '../texts/text-store.js';

const MOST_ROWS = 100;

const SECTIONS: readonly { readonly label: TextKey; readonly Section: () => ReactNode }[] = [
  { label: 'admin.keys', Section: KeySection },
  { label: 'admin.models', Section: ModelSection },
  { label: 'admin.usage', Section: UsageSection },
  { label: 'admin.audit', Section: AuditSection },
];

/** What owners and administrators of a tenant look after: keys, models, usage, the audit log. */
export function AdminPage(): ReactNode {
  const { t } = useTexts();
  return (
    <>
      <h1 tabIndex={-1}>{t('admin.title')}</h1>
      <Tabs.Root defaultValue={SECTIONS[0]!.label}>
        <Tabs.List aria-label={t('admin.title')}>
          {SECTIONS.map(({ label }) => (
            <Tabs.Trigger key={label} value={label}>
              {t(label)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {SECTIONS.map(({ label, Section }) => (
          <Tabs.Content key={label} value={label}>
            <Section />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </>
  );
}

function KeySection(): ReactNode {
  const { language, t } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['keys'],
    queryFn: async () =>
      dataOf(await api.GET('/api/v1/keys', { params: { query: { limit: MOST_ROWS } } })).keys,
  });
  const again = () => queries.invalidateQueries({ queryKey: ['keys'] });
  const making = useMutation({
    mutationFn: async (name: string) => dataOf(await api.POST('/api/v1/keys', { body: { name } })).key,
    onSuccess: again,
  });
  const revoking = useMutation({
    mutationFn: async (id: string) => {
      const { error: fault, response } = await api.DELETE('/api/v1/keys/{id}', { params: { path: { id } } });
      if (!response.ok) throw new ApiFault(response.status, faultIn(fault));
    },
    onSuccess: again,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    making.mutate(String(new FormData(event.currentTarget).get('name')).trim());
    event.currentTarget.reset();
  };
  return (
    <>
      <Refusal error={error ?? making.error ?? revoking.error} t={t} />
      <form className="typed" onSubmit={submit}>
        <label>
          {t('admin.keyName')} <input name="name" required maxLength={100} />
        </label>
        <button type="submit">{t('admin.createKey')}</button>
      </form>
      {making.data !== undefined && (
        <p role="status">
          {t('admin.newKey')} <code>{making.data}</code>
        </p>
      )}
      <AdminTable head={['admin.name', 'admin.role', 'admin.status', 'admin.lastUsed']} t={t}>
        {data?.map(({ id, name, role, status, lastUsedAt }) => (
          <tr key={id}>
            <th scope="row">{name}</th>
            <td>{role}</td>
            <td>{status}</td>
            <td>{lastUsedAt ? new Date(lastUsedAt).toLocaleString(language) : t('admin.never')}</td>
            <td>
              {status === 'active' && (
                <button
                  type="button"
                  aria-label={`${t('admin.revoke')}: ${name}`}
                  onClick={() => revoking.mutate(id)}
                >
                  {t('admin.revoke')}
                </button>
              )}
            </td>
          </tr>
        ))}
      </AdminTable>
    </>
  );
}

function ModelSection(): ReactNode {
  const { t } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['repository'],
    queryFn: async () => dataOf(await api.POST('/v2/repository/index', { body: {} })),
  });
  const changing = useMutation({
    mutationFn: async ({ model, isLoaded }: { readonly model: string; readonly isLoaded: boolean }) => {
      const call = { params: { path: { model } } };
      dataOf(
        isLoaded
          ? await api.POST('/v2/repository/models/{model}/unload', call)
          : await api.POST('/v2/repository/models/{model}/load', call),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['repository'] }),
  });
  return (
    <>
      <Refusal error={error ?? changing.error} t={t} />
      <AdminTable head={['admin.name', 'admin.status']} t={t}>
        {data?.map(({ name, version, state, reason }) => {
          const isLoaded = state === 'READY';
          const action = t(isLoaded ? 'admin.unload' : 'admin.load');
          return (
            <tr key={`${name} ${version}`}>
              <th scope="row">{name}</th>
              <td>
                {state} {reason}
              </td>
              <td>
                <button
                  type="button"
                  aria-label={`${action}: ${name}`}
                  disabled={changing.isPending}
                  onClick={() => changing.mutate({ model: name, isLoaded })}
                >
                  {action}
                </button>
              </td>
            </tr>
          );
        })}
      </AdminTable>
    </>
  );
}

function UsageSection(): ReactNode {
  const { language, t } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['usage'],
    queryFn: async () => {
      const query = { groupBy: 'day', limit: MOST_ROWS, format: 'json' } as const;
      const answer = dataOf(await api.GET('/api/v1/usage', { params: { query } }));
      return typeof answer === 'string' ? [] : answer.usage;
    },
  });
  return (
    <>
      <Refusal error={error} t={t} />
      <AdminTable head={['admin.day', 'admin.requests', 'admin.audio', 'admin.turns']} t={t}>
        {data?.map(({ day, requests, audioSeconds, turns }) => (
          <tr key={day}>
            <th scope="row">{day}</th>
            <td>{requests.toLocaleString(language)}</td>
            <td>{(audioSeconds / 60).toLocaleString(language, { maximumFractionDigits: 1 })}</td>
            <td>{turns.toLocaleString(language)}</td>
          </tr>
        ))}
      </AdminTable>
    </>
  );
}
