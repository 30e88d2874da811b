import type { ReactNode } from 'react';
import { ApiFault } from '../api/api-client.js';
import type { TextKey } from '../texts/en.data.js';
import type { Translate } from '../texts/text-store.js';

/** Rows of what is administered, under the names of their columns; scrolls sideways on a phone. */
export function AdminTable(props: {
  readonly head: readonly TextKey[];
  readonly children: ReactNode;
  readonly t: Translate;
}): ReactNode {
  const { head, children, t } = props;
  return (
    <div className="scrolled" tabIndex={0} role="group" aria-label={t('admin.title')}>
      <table>
        <thead>
          <tr>
            {head.map((key) => (
              <th key={key} scope="col">
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Why nothing is listed: the caller may not, or it failed. */
export function Refusal(props: { readonly error: Error | null; readonly t: Translate }): ReactNode {
  const { error, t } = props;
  if (!error) return null;
  const isForbidden = error instanceof ApiFault && error.status === 403;
  return (
    <p role="alert" className="problem">
      {isForbidden ? t('admin.forbidden') : t('problem.any', { message: error.message })}
    </p>
  );
}
