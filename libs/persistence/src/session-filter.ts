import type { QueryFilter } from 'mongoose';
import { sessionContextSchema, teachingModeCode } from '@parlance/contracts';
import type { SessionDocument, SessionState, SessionStatus } from './session.schema.js';

/** A page of sessions: those before a session, newest first. */
export interface SessionPage {
  readonly user?: string | undefined;
  readonly status?: SessionStatus | undefined;
  readonly state?: SessionState | undefined;
  /** Code of a teaching mode. */
  readonly mode?: string | undefined;
  /** Code of the language that is spoken. */
  readonly language?: string | undefined;
  /** Ids, which are ordered by time: the first one of the page is behind this one, */
  readonly before?: string | undefined;
  /** and the last one is this one or newer. */
  readonly since?: string | undefined;
  /** Sessions left out at the beginning; costs as much as reading them. */
  readonly skip?: number | undefined;
  readonly limit: number;
}

/** Documents of an earlier release have no status and are active. As equal values an index leads to them, past those that have ended. */
export const ACTIVE = { status: { $in: ['active', null] } } as QueryFilter<SessionDocument>;

const DEFAULT_MODE = sessionContextSchema.parse({}).mode;
/** Under which names modes may be stored: those of an earlier release too. */
const EARLIER_NAMES = ['correction', 'role-play', 'exam'];

/** What a page is read by; each part has an index that ends with the id. */
export function sessionFilter(tenant: string, page: SessionPage): QueryFilter<SessionDocument> {
  const { user, status, state, mode, language, before, since } = page;
  const ids = {
    ...(before === undefined ? {} : { $lt: before }),
    ...(since === undefined ? {} : { $gte: since }),
  };
  return {
    tenant,
    ...(user === undefined ? {} : { user }),
    ...(status === undefined ? {} : STATUS_FILTERS[status]),
    ...(state === undefined ? {} : STATE_FILTERS[state]),
    ...(mode === undefined ? {} : { 'context.mode': { $in: storedModes(mode) } }),
    ...(language === undefined ? {} : { 'settings.language': language }),
    ...(Object.keys(ids).length === 0 ? {} : { _id: ids }),
  };
}

const STATUS_FILTERS: Readonly<Record<SessionStatus, QueryFilter<SessionDocument>>> = {
  active: ACTIVE,
  ended: { status: 'ended' },
};
const STATE_FILTERS: Readonly<Record<SessionState, QueryFilter<SessionDocument>>> = {
  active: ACTIVE,
  closed: { status: 'ended', expired: { $ne: true } },
  expired: { status: 'ended', expired: true },
};

/** The names under which a mode may stand; null finds what has none, and so the default. */
function storedModes(mode: string): (string | null)[] {
  const earlier = EARLIER_NAMES.filter((name) => teachingModeCode(name) === mode);
  return [mode, ...earlier, ...(mode === DEFAULT_MODE ? [null] : [])];
}
