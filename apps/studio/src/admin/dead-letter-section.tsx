import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ApiFault, dataOf, faultIn, queries } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { AdminTable, Refusal } from './admin-table.js';

const PAGE_ROWS = 50;

/** Work that failed for good, oldest first: tried again, or discarded. */
export function DeadLetterSection(): ReactNode {
  const { language, t } = useTexts();
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['dead-letters'],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor }) => {
      const query = { limit: PAGE_ROWS, ...(cursor === undefined ? {} : { cursor }) };
      return dataOf(await api.GET('/api/v1/dead-letters', { params: { query } }));
    },
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  });
  const ending = useMutation({
    mutationFn: async ({ id, again }: { readonly id: string; readonly again: boolean }) => {
      const params = { path: { id } };
      const { error: fault, response } = again
        ? await api.POST('/api/v1/dead-letters/{id}/retry', { params })
        : await api.DELETE('/api/v1/dead-letters/{id}', { params });
      if (!response.ok) throw new ApiFault(response.status, faultIn(fault));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['dead-letters'] }),
  });
  const letters = data?.pages.flatMap((page) => page.dead_letters);
  return (
    <>
      <p>{t('admin.lettersText')}</p>
      <Refusal error={error ?? ending.error} t={t} />
      {letters?.length === 0 && <p role="status">{t('admin.noLetters')}</p>}
      {letters && letters.length > 0 && (
        <AdminTable head={['admin.time', 'admin.work', 'admin.fault']} t={t}>
          {letters.map(({ id, failed_at: at, subject, turn, code, message, retryable }) => (
            <tr key={id}>
              <td>
                <time dateTime={at}>{new Date(at).toLocaleString(language)}</time>
              </td>
              <th scope="row">
                {subject} {turn && <small>{turn}</small>}
              </th>
              <td>
                <code>{code}</code> {message}
              </td>
              <td className="actions">
                {retryable && (
                  <button
                    type="button"
                    aria-label={`${t('admin.retry')}: ${id}`}
                    disabled={ending.isPending}
                    onClick={() => ending.mutate({ id, again: true })}
                  >
                    {t('admin.retry')}
                  </button>
                )}
                <button
                  type="button"
                  aria-label={`${t('admin.discard')}: ${id}`}
                  disabled={ending.isPending}
                  onClick={() => ending.mutate({ id, again: false })}
                >
                  {t('admin.discard')}
                </button>
              </td>
            </tr>
          ))}
        </AdminTable>
      )}
      {hasNextPage && (
        <button type="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          {t('page.more')}
        </button>
      )}
    </>
  );
}
