import { toAppError } from '@parlance/errors';

/** Where clients of Deepgram send recordings and open sockets. */
export const LISTEN_PATH = '/v1/listen';

/** Where they send texts and open sockets. */
export const SPEAK_PATH = '/v1/speak';

/** Whether those who call a path read faults in Deepgram's shape. */
export function isDeepgramPath(path: string | undefined): boolean {
  return path === LISTEN_PATH || path === SPEAK_PATH;
}

const MAX_HEADER_CHARACTERS = 500;

/** Headers that clients of Deepgram read of a refusal. */
export function deepgramFaultHeaders(error: unknown, requestId: string): Readonly<Record<string, string>> {
  const { message } = toAppError(error);
  // Printable ASCII is what a header may carry.
  const text = message.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_HEADER_CHARACTERS);
  return { 'dg-error': text, 'dg-request-id': requestId };
}
