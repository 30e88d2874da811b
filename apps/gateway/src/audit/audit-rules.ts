import type { AuditEvent } from '@parlance/contracts';
import type { RefreshOwner } from '@parlance/persistence';
import type { CodeUse } from '../access/account-recovery.service.js';
import type { AnsweredRequest, AuditRule } from './audited.interceptor.js';

/** A target by the `id` of the route, or of the answer. */
const named =
  (kind: string) =>
  ({ params, answer }: AnsweredRequest): AuditEvent['target'] => ({
    kind,
    id: params.id ?? (answer as { id?: string } | undefined)?.id ?? '',
  });

type Login = {
  readonly account: { readonly organisation: string; readonly id: string; readonly role: 'learner' };
};
/** Undefined where a mail says how to go on: the account is nobody's yet. */
const accountOf = ({ answer }: AnsweredRequest) => {
  if (answer === undefined) return undefined;
  const { organisation, id, role } = (answer as Login).account;
  return { tenant: organisation, user: id, role };
};
/** Whom a code belonged to, of routes that are answered by nothing. */
const ownerOfCode = ({ answer }: AnsweredRequest) => {
  const { tenant, account } = answer as CodeUse;
  return { tenant, user: account, role: 'nobody' as const };
};
/** Whoever manages the installation may have acted on another tenant's. */
const tenantOfLetter = ({ answer }: AnsweredRequest) => (answer as { tenant: string }).tenant;
const learnerOf = (user: string) => ({ kind: 'learner', id: user });

/** What the routes of organisations, keys, accounts, the catalogue and recordings leave in the audit log. */
export const AUDIT_RULES = {
  organisationCreated: {
    action: 'organisation.create',
    tenant: ({ answer }) => (answer as { organisation: { id: string } }).organisation.id,
    target: ({ answer }) => ({
      kind: 'organisation',
      id: (answer as { organisation: { id: string } }).organisation.id,
    }),
  },
  organisationChanged: {
    action: 'organisation.update',
    tenant: ({ params }) => params.id!,
    target: named('organisation'),
    details: ({ answer, body }) => ({
      version: (answer as { version: number }).version,
      fields: fieldsOf(body),
    }),
  },
  providerSet: {
    action: 'oidc.update',
    tenant: ({ params }) => params.id!,
    target: named('organisation'),
    details: ({ answer, body }) => ({
      version: (answer as { version: number }).version,
      fields: fieldsOf(body),
    }),
  },
  providerRemoved: {
    action: 'oidc.delete',
    tenant: ({ params }) => params.id!,
    target: named('organisation'),
  },
  keyCreated: {
    action: 'key.create',
    target: named('key'),
    details: ({ answer }) => rightsOf(answer),
  },
  keyChanged: {
    action: 'key.update',
    target: named('key'),
    details: ({ answer, body }) => ({
      version: (answer as { version: number }).version,
      fields: fieldsOf(body),
    }),
  },
  learnerLimitsChanged: {
    action: 'limits.update',
    target: ({ params }) => learnerOf(params.user!),
    details: ({ answer }) => ({ version: (answer as { version: number }).version }),
  },
  learnerLimitsDeleted: { action: 'limits.delete', target: ({ params }) => learnerOf(params.user!) },
  keyRotated: {
    action: 'key.rotate',
    target: named('key'),
    details: ({ answer }) => ({ replacedBy: (answer as { id: string }).id }),
  },
  keyRevoked: { action: 'key.revoke', target: named('key') },
  accountCreated: {
    action: 'account.create',
    caller: accountOf,
    target: (request) => learnerOf(accountOf(request)?.user ?? ''),
  },
  // Also the sign-up that a mail went on with: until then the account was nobody's.
  emailVerified: {
    action: 'account.verify_email',
    caller: ownerOfCode,
    target: (request) => learnerOf(ownerOfCode(request).user),
    details: ({ answer }) => ({ purpose: (answer as CodeUse).purpose }),
    isSilent: true,
  },
  passwordReset: { action: 'account.reset_password', caller: ownerOfCode, isSilent: true },
  emailChangeRequested: { action: 'account.change_email' },
  pictureSet: {
    action: 'account.picture',
    details: ({ answer }) => ({ bytes: (answer as { bytes: number }).bytes }),
  },
  pictureRemoved: { action: 'account.remove_picture' },
  passwordChanged: { action: 'account.password' },
  loggedOut: {
    action: 'account.log_out',
    caller: ({ answer }) => {
      const owner = answer as RefreshOwner | undefined;
      return owner && { tenant: owner.tenant, user: owner.account, role: 'nobody' };
    },
    isSilent: true,
  },
  loggedOutEverywhere: { action: 'account.log_out_everywhere' },
  deadLetterRetried: {
    action: 'dead_letter.retry',
    tenant: tenantOfLetter,
    target: named('dead_letter'),
    details: ({ answer }) => ({ code: (answer as { code: string }).code }),
  },
  deadLetterDiscarded: {
    action: 'dead_letter.discard',
    tenant: tenantOfLetter,
    target: named('dead_letter'),
    details: ({ answer }) => ({ code: (answer as { code: string }).code }),
    isSilent: true,
  },
  recordingDeleted: { action: 'recording.delete', target: named('session') },
  sessionDeleted: { action: 'session.delete', target: named('session') },
  sessionsOfUserDeleted: {
    action: 'learner.delete_sessions',
    target: ({ params }) => learnerOf(params.user!),
    details: ({ answer }) => ({ sessions: (answer as { sessions: number }).sessions }),
  },
} as const satisfies Readonly<Record<string, AuditRule>>;

/** The learner that a body names, or who calls. */
const bodysLearner = ({ body, user }: AnsweredRequest): AuditEvent['target'] => {
  const named = typeof body.user === 'string' ? body.user : user;
  return named === undefined ? undefined : learnerOf(named);
};
const jobOf = ({ answer }: AnsweredRequest) => ({ job: (answer as { id: string }).id });

/** What the routes of privacy leave in the audit log. */
export const PRIVACY_RULES = {
  settingsChanged: { action: 'privacy.settings', details: ({ body }) => ({ fields: fieldsOf(body) }) },
  consentRecorded: {
    action: 'consent.record',
    target: bodysLearner,
    details: ({ answer }) => {
      const { purpose, given, textVersion } = answer as {
        readonly purpose: string;
        readonly given: boolean;
        readonly textVersion: string;
      };
      return { purpose, given, textVersion };
    },
  },
  exportRequested: { action: 'export.request', target: bodysLearner, details: jobOf },
  exportRead: { action: 'export.read', target: named('export'), evenCutOff: true },
  erasureRequested: { action: 'erasure.request', target: bodysLearner, details: jobOf },
} as const satisfies Readonly<Record<string, AuditRule>>;

/** Of an entry of the catalogue. @param kind  such as `scenario` */
export function catalogueRule(kind: string, action: 'create' | 'update' | 'delete'): AuditRule {
  return {
    action: `catalogue.${action}`,
    target: named(kind),
    ...(action === 'delete'
      ? {}
      : { details: ({ answer }) => ({ version: (answer as { version: number }).version }) }),
  };
}

/** Which fields were named, not what they say. */
function fieldsOf(body: Readonly<Record<string, unknown>>): string {
  return Object.keys(body)
    .filter((name) => name !== 'version')
    .join(' ')
    .slice(0, 200);
}

function rightsOf(answer: unknown): AuditEvent['details'] {
  const { role, scopes, expiresAt } = answer as {
    readonly role: string;
    readonly scopes: readonly string[];
    readonly expiresAt: string | null;
  };
  return { role, scopes: scopes.join(' '), expiresAt: expiresAt ?? 'never' };
}
