import { z } from 'zod';

/** ULID: 26 Crockford base-32 characters, ordered by time. */
export const ulidSchema = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be a ULID');

/** Tenant names stand in keys and subjects: lower-case letters, digits and dashes. */
export const tenantSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a lower-case name of letters, digits and dashes');

/** Who a turn belongs to; travels in every message and every hop's metadata. */
export const turnIdentitySchema = z.object({ tenant: tenantSchema, session: ulidSchema, turn: ulidSchema });
export type TurnIdentity = z.infer<typeof turnIdentitySchema>;

/** What a request is about, as far as it is known at a hop. */
export interface RequestIdentity {
  readonly tenant: string;
  readonly session?: string;
  readonly turn?: string;
  readonly utterance?: string;
}

/** gRPC metadata keys and NATS headers of the identity. */
export const IDENTITY_KEYS = {
  tenant: 'parlance-tenant',
  session: 'parlance-session',
  turn: 'parlance-turn',
  utterance: 'parlance-utterance',
} as const satisfies Record<keyof RequestIdentity, string>;

/** Span attributes of the identity. */
export const IDENTITY_ATTRIBUTES = {
  tenant: 'parlance.tenant.id',
  session: 'parlance.session.id',
  turn: 'parlance.turn.id',
  utterance: 'parlance.utterance.id',
} as const satisfies Record<keyof RequestIdentity, string>;
