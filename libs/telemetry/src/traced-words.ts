import { activeSpan } from './tracing.js';

const tenants = new Set<string>();

/** Says for which tenants spans may have words; once, at start. Of all others none has any. */
export function traceWordsOf(names: readonly string[]): void {
  for (const name of names) tenants.add(name);
}

/** Puts what was said, or replied, on the active span, where that is switched on for the tenant.
 *  @param words  texts by the names of their attributes */
export function traceWords(tenant: string, words: Readonly<Record<string, string>>): void {
  if (tenants.has(tenant)) activeSpan()?.setAttributes({ ...words });
}
