import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, dataOf, queries } from '../api/api-client.js';
import { FaultNote } from '../fault-note.js';
import { useTexts } from '../texts/text-store.js';

const MOST_LINES = 50;

/** The tenant's contests, and the leaderboard of the one that is opened. */
export function ContestSection(): ReactNode {
  const { language, t } = useTexts();
  const [opened, setOpened] = useState<string>();
  const { data, error } = useQuery({
    queryKey: ['contests'],
    queryFn: async () =>
      dataOf(await api.GET('/api/v1/contests', { params: { query: { limit: MOST_LINES } } })).contests,
  });
  const day = (time: string): string => new Date(time).toLocaleDateString(language);
  return (
    <>
      <FaultNote error={error} />
      {data?.length === 0 && <p>{t('contests.none')}</p>}
      <ul className="cards">
        {data?.map(({ id, title, kind, status, starts_at: from, ends_at: until }) => (
          <li key={id} className="card">
            <button type="button" aria-expanded={opened === id} onClick={() => setOpened(id)}>
              {title}
            </button>
            <p className="note">
              {t(`contests.${kind}`)} · {t(`contests.${status}`)} · {day(from)} – {day(until)}
            </p>
            {opened === id && <Leaderboard contest={id} isOver={status === 'over'} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function Leaderboard(props: { readonly contest: string; readonly isOver: boolean }): ReactNode {
  const { contest, isOver } = props;
  const { language, t } = useTexts();
  const path = { id: contest };
  const { data, error } = useQuery({
    queryKey: ['leaderboard', contest],
    queryFn: async () => {
      const params = { path, query: { limit: MOST_LINES } };
      return dataOf(await api.GET('/api/v1/contests/{id}/leaderboard', { params }));
    },
  });
  const joining = useMutation({
    mutationFn: async (name: string) =>
      dataOf(await api.POST('/api/v1/contests/{id}/entries', { params: { path }, body: { name } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['leaderboard', contest] }),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    joining.mutate(String(new FormData(event.currentTarget).get('name')).trim());
  };
  return (
    <>
      <FaultNote error={error ?? joining.error} />
      {data?.own === null && !isOver && (
        <form className="typed" onSubmit={submit}>
          <label>
            {t('contests.name')} <input name="name" required maxLength={100} />
          </label>
          <button type="submit" className="main" disabled={joining.isPending}>
            {t('contests.join')}
          </button>
        </form>
      )}
      {data && (
        <table aria-label={t('contests.board')}>
          <thead>
            <tr>
              <th scope="col">{t('contests.rank')}</th>
              <th scope="col">{t('admin.name')}</th>
              <th scope="col">{t('contests.score')}</th>
            </tr>
          </thead>
          <tbody>
            {data.entries.map(({ rank, name, score, own }, index) => (
              <tr key={index} {...(own ? { 'aria-current': true } : {})}>
                <td>{rank}</td>
                <th scope="row">
                  {name} {own && `(${t('talk.you')})`}
                </th>
                <td>{score.toLocaleString(language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
