import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState, type ReactNode } from 'react';
import { api, dataOf, faultIn } from '../api/api-client.js';
import { playBlob } from '../api/play-blob.js';
import { linkTo } from '../router.js';
import { useTexts } from '../texts/text-store.js';
import { scoresOverTime, turnsWith, useRecord, type StoredTurn } from './turn-record.js';

/** Of a turn that was not measured yet, pixels. */
const USUAL_HEIGHT = 150;
/** How many of the newest turns are taken together. */
const RECENT = 10;

/** What a learner has said and been answered, newest first, with how the scores went. */
export function HistoryPage(): ReactNode {
  const { t } = useTexts();
  const { turns, isLoading, error, more } = useRecord();
  const [text, setText] = useState('');
  const found = turnsWith(turns, text);
  return (
    <>
      <h1 tabIndex={-1}>{t('history.title')}</h1>
      <Trend scores={scoresOverTime(turns)} />
      <label className="field">
        {t('history.filter')}{' '}
        <input type="search" value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      {error && (
        <p role="alert" className="problem">
          {t('problem.any', { message: error.message })}
        </p>
      )}
      <p role="status">
        {isLoading
          ? t('page.loading')
          : turns.length === 0
            ? t('history.empty')
            : t('history.turns', { turns: found.length })}
      </p>
      <TurnList turns={found} />
      {more && (
        <button type="button" onClick={more}>
          {t('page.more')}
        </button>
      )}
    </>
  );
}

/** A list of which only what is on the screen is in the page: thousands of turns scroll as ten do. */
function TurnList(props: { readonly turns: readonly StoredTurn[] }): ReactNode {
  const { turns } = props;
  const list = useRef<HTMLUListElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: turns.length,
    estimateSize: () => USUAL_HEIGHT,
    getItemKey: (index) => turns[index]!.id,
    scrollMargin: list.current?.offsetTop ?? 0,
    overscan: 5,
  });
  const { scrollMargin } = virtualizer.options;
  return (
    <ul ref={list} className="record" style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map(({ index, key, start }) => (
        <li
          key={key}
          ref={virtualizer.measureElement}
          data-index={index}
          aria-setsize={turns.length}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${start - scrollMargin}px)` }}
        >
          <TurnOfRecord turn={turns[index]!} />
        </li>
      ))}
    </ul>
  );
}

function TurnOfRecord(props: { readonly turn: StoredTurn }): ReactNode {
  const { turn } = props;
  const { language, t } = useTexts();
  return (
    <article>
      <p className="note">
        <time dateTime={turn.createdAt}>
          {new Date(turn.createdAt).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })}
        </time>{' '}
        {turn.scores && `${t('score.overall')}: ${Math.round(turn.scores.overall)}`}
      </p>
      <p className="said" lang={turn.language}>
        {turn.text}
      </p>
      {turn.reply && (
        <p className="reply" lang={turn.language}>
          {turn.reply.text}
        </p>
      )}
      {turn.feedback && turn.feedback.errors.length > 0 && (
        <p>
          {t('talk.improved')}: <q>{turn.feedback.improved}</q>
        </p>
      )}
      <p className="ways">
        {turn.recording && <PlayRecording turn={turn.id} />}{' '}
        <a {...linkTo(`/summary?session=${turn.session}`)}>{t('talk.ofSession')}</a>
      </p>
    </article>
  );
}

/** Plays what was said. The recording needs the token, which an address would carry into logs: it is fetched, and played from memory. */
export function PlayRecording(props: { readonly turn: string; readonly label?: string }): ReactNode {
  const { t } = useTexts();
  const { label = t('history.play') } = props;
  const [problem, setProblem] = useState('');
  const play = async (): Promise<void> => {
    setProblem('');
    try {
      const params = { path: { id: props.turn } };
      const blob = dataOf(
        await api.GET('/api/v1/turns/{id}/recording', { params, parseAs: 'blob' }),
      ) as unknown as Blob;
      await playBlob(blob);
    } catch (error) {
      setProblem(t('problem.any', { message: faultIn(error).message }));
    }
  };
  return (
    <>
      <button type="button" onClick={() => void play()}>
        {label}
      </button>
      {problem && <span role="alert"> {problem}</span>}
    </>
  );
}

/** Scores as a line, and as a sentence for those who do not see it. @param label  what they are; the overall scores else */
export function Trend(props: { readonly scores: readonly number[]; readonly label?: string }): ReactNode {
  const { scores } = props;
  const { t } = useTexts();
  const { label = t('history.trend') } = props;
  if (scores.length < 2) return null;
  const recent = scores.slice(-RECENT);
  const mean = Math.round(recent.reduce((sum, score) => sum + score, 0) / recent.length);
  const points = scores.map((score, index) => `${(100 * index) / (scores.length - 1)},${100 - score}`);
  return (
    <figure className="trend">
      <svg viewBox="0 -2 100 104" preserveAspectRatio="none" role="img" aria-label={label}>
        <polyline points={points.join(' ')} vectorEffect="non-scaling-stroke" />
      </svg>
      <figcaption>
        {label}. {t('history.mean', { mean })}
      </figcaption>
    </figure>
  );
}
