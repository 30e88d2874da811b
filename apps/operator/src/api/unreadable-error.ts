import type { z } from 'zod';

/** What an object says that the operator cannot read: it was stored under another schema. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** @returns each field at fault and why, as admission names them */
export function faultsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${['spec', ...path].join('.')}: ${message}`).join('; ');
}
