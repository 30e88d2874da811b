import { Metadata } from '@grpc/grpc-js';
import { IDENTITY_KEYS, type RequestIdentity } from '@parlance/contracts';
import { extractTrace, injectTrace, type Context } from '@parlance/telemetry';

const IDENTITY_FIELDS = Object.keys(IDENTITY_KEYS) as (keyof RequestIdentity)[];
const TRACE_KEYS = ['traceparent', 'tracestate'] as const;

/** Metadata for a call to another service: who it is about and the trace it belongs to. */
export function callMetadata(identity: Partial<RequestIdentity>, from?: Context): Metadata {
  const metadata = new Metadata();
  for (const field of IDENTITY_FIELDS) {
    const value = identity[field];
    if (value !== undefined) metadata.set(IDENTITY_KEYS[field], value);
  }
  for (const [key, value] of Object.entries(injectTrace({}, from))) metadata.set(key, value);
  return metadata;
}

/** Who a call is about, as the calling service says. Only for APIs that no tenant reaches. */
export function identityOf(metadata: Metadata): Partial<RequestIdentity> {
  return Object.fromEntries(
    IDENTITY_FIELDS.map((field) => [field, textOf(metadata, IDENTITY_KEYS[field])]).filter(
      ([, value]) => value !== undefined,
    ),
  ) as Partial<RequestIdentity>;
}

/** The caller's trace context. */
export function traceOf(metadata: Metadata): Context {
  return extractTrace(Object.fromEntries(TRACE_KEYS.map((key) => [key, textOf(metadata, key)])));
}

function textOf(metadata: Metadata, key: string): string | undefined {
  return metadata.get(key)[0]?.toString();
}
