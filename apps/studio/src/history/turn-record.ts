import { useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { api, dataOf } from '../api/api-client.js';
import type { operations } from '../generated/openapi.js';

const SESSIONS_PER_PAGE = 20;

type TurnsAnswer =
  operations['VoiceSessionsController_turnsOf']['responses'][200]['content']['application/json'];
/** A turn as the platform keeps it. */
export type StoredTurn = TurnsAnswer['turns'][number];
export type ScoreName = keyof NonNullable<StoredTurn['scores']>;

/** A learner's turns as far as they are loaded, newest first; `more` loads those of older sessions. */
export function useRecord(): {
  readonly turns: readonly StoredTurn[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly more: (() => void) | undefined;
} {
  const sessions = useInfiniteQuery({
    queryKey: ['sessions'],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor }) => {
      const query = { limit: SESSIONS_PER_PAGE, ...(cursor === undefined ? {} : { cursor }) };
      return dataOf(await api.GET('/api/v1/voice/sessions', { params: { query } }));
    },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const listed = sessions.data?.pages.flatMap((page) => page.sessions) ?? [];
  const answers = useQueries({
    queries: listed
      .filter(({ turns }) => turns > 0)
      .map(({ id, turns }) => ({
        // A session that goes on has more turns the next time.
        queryKey: ['turns', id, turns],
        queryFn: async () =>
          dataOf(await api.GET('/api/v1/voice/sessions/{id}/turns', { params: { path: { id } } })).turns,
      })),
  });
  return {
    turns: answers.flatMap(({ data = [] }) => [...data].reverse()),
    isLoading: sessions.isLoading || answers.some(({ isLoading }) => isLoading),
    error: sessions.error ?? answers.find(({ error }) => error)?.error ?? null,
    more: sessions.hasNextPage ? () => void sessions.fetchNextPage() : undefined,
  };
}

/** Turns in which a text occurs: in what was said or in the reply, in any case. */
export function turnsWith(turns: readonly StoredTurn[], text: string): readonly StoredTurn[] {
  const wanted = text.trim().toLocaleLowerCase();
  if (wanted === '') return turns;
  return turns.filter((turn) =>
    `${turn.text}\n${turn.reply?.text ?? ''}`.toLocaleLowerCase().includes(wanted),
  );
}

/** One of the scores of turns, oldest first; those that were typed have none. */
export function scoresOverTime(turns: readonly StoredTurn[], name: ScoreName = 'overall'): readonly number[] {
  return turns.flatMap(({ scores }) => (scores ? [scores[name]] : [])).reverse();
}
