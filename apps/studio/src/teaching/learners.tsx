import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { AdminTable, Refusal } from '../admin/admin-table.js';
import { api, dataOf } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { LearnerView } from './learner-view.js';

const LEARNERS_PER_PAGE = 20;

/** The learners of the tenant, page by page or by what is looked for; the one that is opened. */
export function LearnerSection(): ReactNode {
  const { t } = useTexts();
  const [text, setText] = useState('');
  const [opened, setOpened] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setText(String(new FormData(event.currentTarget).get('text')).trim());
  };
  if (opened !== undefined) return <LearnerView user={opened} onBack={() => setOpened(undefined)} />;
  return (
    <>
      <form className="typed" role="search" onSubmit={submit}>
        <label>
          {t('teach.find')} <input type="search" name="text" maxLength={100} defaultValue={text} />
        </label>
        <button type="submit">{t('teach.findNow')}</button>
      </form>
      <LearnerList text={text} onOpen={setOpened} />
    </>
  );
}

function LearnerList(props: { readonly text: string; readonly onOpen: (user: string) => void }): ReactNode {
  const { text, onOpen } = props;
  const { language, t } = useTexts();
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['learners', text],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor }) => {
      const query = {
        limit: LEARNERS_PER_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
        ...(text === '' ? {} : { text }),
      };
      return dataOf(await api.GET('/api/v1/learners', { params: { query } }));
    },
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  });
  const learners = data?.pages.flatMap((page) => page.learners);
  return (
    <>
      <Refusal error={error} t={t} />
      {learners?.length === 0 && <p role="status">{t('teach.noLearners')}</p>}
      {learners && learners.length > 0 && (
        <AdminTable head={['admin.name', 'home.level', 'teach.lastActive']} t={t}>
          {learners.map(({ id, name, level, last_active_at: at }) => (
            <tr key={id}>
              <th scope="row">
                <button type="button" className="quiet" onClick={() => onOpen(id)}>
                  {name ?? id}
                </button>
              </th>
              <td>{level ?? '–'}</td>
              <td>{at ? new Date(at).toLocaleString(language) : t('admin.never')}</td>
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
