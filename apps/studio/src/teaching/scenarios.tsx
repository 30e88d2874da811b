import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { AdminTable, Refusal } from '../admin/admin-table.js';
import { api, ApiFault, dataOf, faultIn, queries } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { ScenarioForm, type ScenarioEntry } from './scenario-form.js';

const MOST_ROWS = 100;

/** The scenarios of the tenant and the platform; the one that is edited. */
export function ScenarioSection(): ReactNode {
  const { t } = useTexts();
  const [edited, setEdited] = useState<ScenarioEntry | 'new'>();
  const { data, error } = useQuery({
    queryKey: ['scenarios', 'all'],
    queryFn: async () =>
      dataOf(await api.GET('/api/v1/scenarios', { params: { query: { limit: MOST_ROWS } } })).scenarios,
  });
  const deleting = useMutation({
    mutationFn: async ({ id, version }: ScenarioEntry) => {
      const params = { path: { id }, query: { version } };
      const { error: fault, response } = await api.DELETE('/api/v1/scenarios/{id}', { params });
      if (!response.ok) throw new ApiFault(response.status, faultIn(fault));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['scenarios'] }),
  });
  if (edited)
    return (
      <ScenarioForm
        scenario={edited === 'new' ? undefined : edited}
        onEnd={() => {
          setEdited(undefined);
          void queries.invalidateQueries({ queryKey: ['scenarios'] });
        }}
      />
    );
  return (
    <>
      <Refusal error={error ?? deleting.error} t={t} />
      <button type="button" className="main" onClick={() => setEdited('new')}>
        {t('teach.newScenario')}
      </button>
      <AdminTable head={['teach.title', 'home.level', 'teach.mode', 'teach.from']} t={t}>
        {data?.map((scenario) => (
          <tr key={scenario.code}>
            <th scope="row">{scenario.title}</th>
            <td>{scenario.level}</td>
            <td>{scenario.mode}</td>
            <td>{t(scenario.shared ? 'teach.platform' : 'teach.own')}</td>
            <td className="actions">
              <button
                type="button"
                aria-label={`${t('teach.edit')}: ${scenario.title}`}
                onClick={() => setEdited(scenario)}
              >
                {t('teach.edit')}
              </button>
              {!scenario.shared && (
                <button
                  type="button"
                  aria-label={`${t('teach.delete')}: ${scenario.title}`}
                  disabled={deleting.isPending}
                  onClick={() => deleting.mutate(scenario)}
                >
                  {t('teach.delete')}
                </button>
              )}
            </td>
          </tr>
        ))}
      </AdminTable>
    </>
  );
}
