import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, dataOf } from '../api/api-client.js';

/** How often a summary is asked for that is still being written, ms. */
const POLL_MS = 2_000;

/** What the platform has written about a conversation that has ended; nothing where it has not. */
export function SummaryText(props: { readonly session: string; readonly isOver: boolean }): ReactNode {
  const { session, isOver } = props;
  const { data } = useQuery({
    queryKey: ['summary', session],
    enabled: isOver,
    queryFn: async () => {
      const params = { path: { id: session } };
      return dataOf(await api.GET('/api/v1/sessions/{id}/summary', { params }));
    },
    refetchInterval: ({ state }) => (state.data && !('title' in state.data) ? POLL_MS : false),
  });
  if (!data || !('title' in data)) return null;
  return (
    <section lang={data.written_in} aria-labelledby="summary-text">
      <h2 id="summary-text">{data.title}</h2>
      {Object.entries(data.subtitle).map(([name, { heading, points }]) => (
        <section key={name}>
          <h3>{heading}</h3>
          <ul>
            {Object.entries(points).map(([point, text]) => (
              <li key={point}>{text}</li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}
