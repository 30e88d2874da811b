import type { ReactNode } from 'react';
import { useTexts } from './texts/text-store.js';

/** What went wrong, where something did; read aloud at once. */
export function FaultNote(props: { readonly error: Error | null }): ReactNode {
  const { t } = useTexts();
  if (!props.error) return null;
  return (
    <p role="alert" className="problem">
      {props.error instanceof TypeError
        ? t('problem.offline')
        : t('problem.any', { message: props.error.message })}
    </p>
  );
}
