import {
  sessionContextSchema,
  sessionSettingsSchema,
  teachingModeCode,
  type SessionContext,
  type SessionSettings,
} from '@parlance/contracts';
import type { SessionDocument, SessionRecord } from './session.schema.js';

const DEFAULT_SETTINGS: SessionSettings = sessionSettingsSchema.parse({});
const DEFAULT_CONTEXT: SessionContext = sessionContextSchema.parse({});

/** A session as it is stored, completed by the defaults: documents of an earlier release have neither settings nor status. */
export function toSessionRecord(document: SessionDocument): SessionRecord {
  const { _id, tenant, user, lastSequence, summary, createdAt, lastActiveAt } = document;
  const { endedAt, endReason, metrics, metadata = {}, status = 'active' } = document;
  return {
    id: _id,
    tenant,
    ...(user === undefined ? {} : { user }),
    settings: { ...DEFAULT_SETTINGS, ...document.settings },
    context: contextOf(document),
    metadata,
    status,
    state: status === 'active' ? status : document.expired ? 'expired' : 'closed',
    lastSequence,
    ...(summary === undefined ? {} : { summary }),
    createdAt,
    lastActiveAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(endReason === undefined ? {} : { endReason }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}

/** Documents of an earlier release name modes as it did. */
function contextOf({ context }: SessionDocument): SessionContext {
  const whole = { ...DEFAULT_CONTEXT, ...context };
  return { ...whole, mode: teachingModeCode(whole.mode) };
}
