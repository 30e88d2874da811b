import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, dataOf, queries } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { AdminTable, Refusal } from './admin-table.js';

/** A model is watched while it is loaded or unloaded, which takes seconds. */
const WATCH_MS = 5_000;

/** The models of the installation: which are loaded, what each was asked and how long it took, loaded and unloaded by a button. */
export function ModelSection(): ReactNode {
  const { language, t } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['repository'],
    refetchInterval: WATCH_MS,
    queryFn: async () => dataOf(await api.POST('/v2/repository/index', { body: {} })),
  });
  const { data: served } = useQuery({
    queryKey: ['model-statistics'],
    refetchInterval: WATCH_MS,
    queryFn: async () => dataOf(await api.GET('/v2/models/stats')).model_stats,
  });
  const changing = useMutation({
    mutationFn: async ({ model, isLoaded }: { readonly model: string; readonly isLoaded: boolean }) => {
      const call = { params: { path: { model } } };
      dataOf(
        isLoaded
          ? await api.POST('/v2/repository/models/{model}/unload', call)
          : await api.POST('/v2/repository/models/{model}/load', call),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['repository'] }),
  });
  return (
    <>
      <Refusal error={error ?? changing.error} t={t} />
      <AdminTable head={['admin.name', 'admin.status', 'admin.requests', 'admin.meanTime']} t={t}>
        {data?.map(({ name, version, state, reason }) => {
          const isLoaded = state === 'READY';
          const action = t(isLoaded ? 'admin.unload' : 'admin.load');
          const statistics = served?.find((one) => one.name === name && one.version === version);
          const success = statistics?.inference_stats.success;
          return (
            <tr key={`${name} ${version}`}>
              <th scope="row">{name}</th>
              <td>
                {state} {reason}
              </td>
              <td>{statistics?.inference_count.toLocaleString(language) ?? '–'}</td>
              <td>
                {success && success.count > 0 ? `${Math.round(success.ns / success.count / 1e6)} ms` : '–'}
              </td>
              <td>
                <button
                  type="button"
                  aria-label={`${action}: ${name}`}
                  disabled={changing.isPending}
                  onClick={() => changing.mutate({ model: name, isLoaded })}
                >
                  {action}
                </button>
              </td>
            </tr>
          );
        })}
      </AdminTable>
    </>
  );
}
