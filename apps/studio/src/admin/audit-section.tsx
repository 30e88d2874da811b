import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, dataOf } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { AdminTable, Refusal } from './admin-table.js';

const PAGE_ROWS = 50;

/** What was done at the tenant and by whom, newest first, page by page; of one action where it is named. */
export function AuditSection(): ReactNode {
  const { language, t } = useTexts();
  const [action, setAction] = useState('');
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['audit', action],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor }) => {
      const query = {
        limit: PAGE_ROWS,
        ...(cursor === undefined ? {} : { cursor }),
        ...(action === '' ? {} : { action }),
      };
      return dataOf(await api.GET('/api/v1/audit', { params: { query } }));
    },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setAction(String(new FormData(event.currentTarget).get('action')).trim());
  };
  return (
    <>
      <form className="typed" onSubmit={submit}>
        <label>
          {t('admin.action')} <input name="action" maxLength={60} placeholder="key.create" />
        </label>
        <button type="submit">{t('admin.filter')}</button>
      </form>
      <Refusal error={error} t={t} />
      <AdminTable head={['admin.time', 'admin.role', 'admin.action', 'admin.target']} t={t}>
        {data?.pages
          .flatMap(({ entries }) => entries)
          .map(({ number, at, actor, action: done, target }) => (
            <tr key={number}>
              <td>
                <time dateTime={at}>{new Date(at).toLocaleString(language)}</time>
              </td>
              <td>{actor.role}</td>
              <th scope="row">{done}</th>
              <td>{target && `${target.kind} ${target.id}`}</td>
            </tr>
          ))}
      </AdminTable>
      {hasNextPage && (
        <button type="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          {t('page.more')}
        </button>
      )}
    </>
  );
}
