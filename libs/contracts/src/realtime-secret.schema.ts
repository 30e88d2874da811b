import { z } from 'zod';
import { conversationSessionSchema } from './realtime-conversation.schema.js';
import { conversationViewSchema, realtimeSessionViewSchema } from './realtime-events.schema.js';
import { realtimeSessionSchema } from './realtime-protocol.js';

/** Client secrets of OpenAI's Realtime API: what a program with an API key makes for a client that must not have the key. */

/** How long a client secret opens sessions, seconds. */
export const REALTIME_SECRET_SECONDS = { min: 10, max: 7_200, usual: 600 } as const;
const seconds = REALTIME_SECRET_SECONDS;

/** The settings that a session begins with. */
export const boundSessionSchema = z.discriminatedUnion('type', [
  realtimeSessionSchema,
  conversationSessionSchema,
]);
export type BoundSession = z.infer<typeof boundSessionSchema>;

/** Body of `POST /v1/realtime/client_secrets`. */
export const realtimeClientSecretSchema = z.strictObject({
  expires_after: z
    .strictObject({
      anchor: z.literal('created_at').default('created_at'),
      seconds: z.number().int().min(seconds.min).max(seconds.max).default(seconds.usual),
    })
    .prefault({}),
  /** Of the sessions that the secret opens; left out: as their clients ask. */
  session: boundSessionSchema.optional(),
});

/** What `POST /v1/realtime/client_secrets` answers. */
export const realtimeClientSecretViewSchema = z.object({
  /** Begins with `ek_`. */
  value: z.string(),
  /** Seconds since 1970. */
  expires_at: z.number().int(),
  session: z.discriminatedUnion('type', [realtimeSessionViewSchema, conversationViewSchema]),
});
export type RealtimeClientSecret = z.infer<typeof realtimeClientSecretViewSchema>;
