import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Refusal } from '../admin/admin-table.js';
import { api, dataOf } from '../api/api-client.js';
import { PlayRecording, Trend } from '../history/history-page.js';
import { scoresOverTime, type ScoreName, type StoredTurn } from '../history/turn-record.js';
import { useTexts } from '../texts/text-store.js';

const TURNS_PER_PAGE = 20;
const SCORES: readonly ScoreName[] = ['overall', 'fluency', 'pace', 'pauses', 'soundQuality'];

/** One learner: what all sessions came to, how the scores went, and every turn, newest first. */
export function LearnerView(props: { readonly user: string; readonly onBack: () => void }): ReactNode {
  const { user, onBack } = props;
  const { language, t } = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  // Readers of screens begin with the learner that was opened.
  useEffect(() => heading.current?.focus(), []);
  const path = { user };
  const { data: learner, error } = useQuery({
    queryKey: ['learner', user],
    queryFn: async () => dataOf(await api.GET('/api/v1/learners/{user}', { params: { path } })),
  });
  const turns = useInfiniteQuery({
    queryKey: ['learner-turns', user],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor }) => {
      const query = { limit: TURNS_PER_PAGE, ...(cursor === undefined ? {} : { cursor }) };
      return dataOf(await api.GET('/api/v1/learners/{user}/turns', { params: { path, query } }));
    },
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  });
  const loaded = turns.data?.pages.flatMap((page) => page.turns) ?? [];
  return (
    <section aria-labelledby="learner-name">
      <button type="button" className="quiet" onClick={onBack}>
        ← {t('teach.allLearners')}
      </button>
      <h2 id="learner-name" ref={heading} tabIndex={-1}>
        {learner?.name ?? user}
      </h2>
      <Refusal error={error ?? turns.error} t={t} />
      {learner && (
        <dl className="scores facts">
          {(
            [
              ['home.level', learner.level ?? '–'],
              ['teach.sessions', learner.statistics.sessions],
              ['admin.turns', learner.statistics.turns],
              ['teach.words', learner.statistics.spokenWords],
              ['teach.days', learner.statistics.activeDays],
              ['home.streak', learner.statistics.streakDays],
            ] as const
          ).map(([key, value]) => (
            <div key={key}>
              <dt>{t(key)}</dt>
              <dd>{typeof value === 'number' ? value.toLocaleString(language) : value}</dd>
            </div>
          ))}
        </dl>
      )}
      <Scores turns={loaded} />
      <ul className="plain">
        {loaded.map((turn) => (
          <LearnerTurn key={turn.id} turn={turn} />
        ))}
      </ul>
      {turns.isSuccess && loaded.length === 0 && <p role="status">{t('teach.noTurns')}</p>}
      {turns.hasNextPage && (
        <button type="button" disabled={turns.isFetching} onClick={() => void turns.fetchNextPage()}>
          {t('page.more')}
        </button>
      )}
    </section>
  );
}

/** The trend of one score over the turns that are loaded. */
function Scores(props: { readonly turns: readonly StoredTurn[] }): ReactNode {
  const { turns } = props;
  const { t } = useTexts();
  const [name, setName] = useState<ScoreName>('overall');
  if (!turns.some(({ scores }) => scores)) return null;
  return (
    <>
      <div className="field">
        <label htmlFor="trend-score">{t('teach.score')}</label>
        <select id="trend-score" value={name} onChange={({ target }) => setName(target.value as ScoreName)}>
          {SCORES.map((one) => (
            <option key={one} value={one}>
              {t(`score.${one}`)}
            </option>
          ))}
        </select>
      </div>
      <Trend scores={scoresOverTime(turns, name)} label={t('teach.trend', { score: t(`score.${name}`) })} />
    </>
  );
}

function LearnerTurn(props: { readonly turn: StoredTurn }): ReactNode {
  const { turn } = props;
  const { language, t } = useTexts();
  return (
    <li>
      <p className="note">
        <time dateTime={turn.createdAt}>
          {new Date(turn.createdAt).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })}
        </time>
      </p>
      <p className="said" lang={turn.language}>
        {turn.text}
      </p>
      {turn.scores && (
        <dl className="scores">
          {SCORES.map((name) => (
            <div key={name}>
              <dt>{t(`score.${name}`)}</dt>
              <dd>{Math.round(turn.scores![name])}</dd>
            </div>
          ))}
        </dl>
      )}
      {turn.feedback && turn.feedback.errors.length > 0 && (
        <p>
          {t('talk.improved')}: <q>{turn.feedback.improved}</q>
        </p>
      )}
      {turn.reply && (
        <details>
          <summary>{t('teach.reply')}</summary>
          <p className="reply" lang={turn.language}>
            {turn.reply.text}
          </p>
        </details>
      )}
      {turn.recording && <PlayRecording turn={turn.id} label={t('teach.play')} />}
    </li>
  );
}
