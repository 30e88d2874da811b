import { headers, type MsgHdrs } from 'nats';
import { IDENTITY_KEYS, type RequestIdentity } from '@parlance/contracts';
import { injectTrace } from '@parlance/telemetry';

/** What a dead letter says of its failure. */
export const DEAD_LETTER_HEADERS = {
  code: 'parlance-error-code',
  message: 'parlance-error-message',
  deliveries: 'parlance-deliveries',
} as const;

/** Marks work that a person took from the dead letters to be done again. */
export const REQUEUED = 'parlance-requeued';

/** Headers every message carries: whom it is about, and the active trace. */
export function messageHeaders(
  identity: Partial<RequestIdentity>,
  extra: Readonly<Record<string, string>> = {},
): MsgHdrs {
  const result = headers();
  for (const [name, value] of Object.entries({ ...injectTrace(), ...extra })) result.set(name, value);
  for (const [field, key] of Object.entries(IDENTITY_KEYS)) {
    const value = identity[field as keyof RequestIdentity];
    if (value !== undefined) result.set(key, value);
  }
  return result;
}

export function headerIdentity(received: MsgHdrs | undefined): Partial<RequestIdentity> {
  return Object.fromEntries(
    Object.entries(IDENTITY_KEYS)
      .map(([field, key]) => [field, received?.get(key)] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
}

/** Headers as a plain record, first value of each. */
export function headerRecord(received: MsgHdrs | undefined): Record<string, string> {
  return Object.fromEntries((received?.keys() ?? []).map((key) => [key, received!.get(key)]));
}
