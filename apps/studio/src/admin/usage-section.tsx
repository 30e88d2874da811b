import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, dataOf } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { AdminTable, Refusal } from './admin-table.js';

const PAGE_ROWS = 50;
const GROUPS = ['day', 'key', 'learner'] as const;
type Group = (typeof GROUPS)[number];

/** What usage is asked by; empty days are the last thirty. */
interface Question {
  readonly groupBy: Group;
  readonly from: string;
  readonly to: string;
}

/** What was used, by day, and by key or learner within a day. */
export function UsageSection(): ReactNode {
  const { language, t } = useTexts();
  const [question, setQuestion] = useState<Question>({ groupBy: 'day', from: '', to: '' });
  const { groupBy, from, to } = question;
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['usage', question],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor }) => {
      const query = {
        ...{ groupBy, limit: PAGE_ROWS, format: 'json' as const },
        ...(from === '' ? {} : { from }),
        ...(to === '' ? {} : { to }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer = dataOf(await api.GET('/api/v1/usage', { params: { query } }));
      return typeof answer === 'string' ? { usage: [], nextCursor: null } : answer;
    },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string): string => String(fields.get(name) ?? '');
    setQuestion({ groupBy: text('groupBy') as Group, from: text('from'), to: text('to') });
  };
  const number = (value: number, digits = 0): string =>
    value.toLocaleString(language, { maximumFractionDigits: digits });
  const rows = data?.pages.flatMap(({ usage }) => usage);
  const head = ['admin.day', 'admin.requests', 'admin.audio', 'admin.tokens', 'admin.turns'] as const;
  return (
    <>
      <form className="typed wrapped" onSubmit={submit}>
        <label>
          {t('admin.from')} <input type="date" name="from" defaultValue={from} />
        </label>
        <label>
          {t('admin.until')} <input type="date" name="to" defaultValue={to} />
        </label>
        <label>
          {t('admin.by')}{' '}
          <select name="groupBy" defaultValue={groupBy}>
            {GROUPS.map((one) => (
              <option key={one} value={one}>
                {t(`admin.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">{t('admin.filter')}</button>
      </form>
      <Refusal error={error} t={t} />
      <AdminTable head={groupBy === 'day' ? head : [head[0], `admin.${groupBy}`, ...head.slice(1)]} t={t}>
        {rows?.map(({ day, key, learner, requests, audioSeconds, inputTokens, outputTokens, turns }) => (
          <tr key={`${day} ${key ?? learner ?? ''}`}>
            <th scope="row">{day}</th>
            {groupBy !== 'day' && <td>{key ?? learner}</td>}
            <td>{number(requests)}</td>
            <td>{number(audioSeconds / 60, 1)}</td>
            <td>{number(inputTokens + outputTokens)}</td>
            <td>{number(turns)}</td>
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
