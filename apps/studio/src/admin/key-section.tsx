import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { api, ApiFault, dataOf, faultIn, queries } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { AdminTable, Refusal } from './admin-table.js';

const MOST_ROWS = 100;

/** The API keys of the tenant: made, told once, revoked. */
export function KeySection(): ReactNode {
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
