import type { ReactNode } from 'react';
import { useTexts, type Translate } from './texts/text-store.js';

/** What went wrong, where something did; read aloud at once. */
export function FaultNote(props: { readonly error: Error | null }): ReactNode {
  const { t } = useTexts();
  if (!props.error) return null;
  return (
    <p role="alert" className="problem">
      {faultText(props.error, t)}
    </p>
  );
}

/** What went wrong with a request, in words: fetch's own faults are a line that is gone or too slow. */
export function faultText(error: Error, t: Translate): string {
  if (error instanceof TypeError) return t('problem.unreachable');
  if (error.name === 'TimeoutError') return t('problem.slow');
  return t('problem.any', { message: error.message });
}
