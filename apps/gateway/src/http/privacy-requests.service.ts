import { Inject, Injectable, Optional } from '@nestjs/common';
import { ulid } from 'ulid';
import { CONSENT_PURPOSES, MANAGERS, type Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ObjectStore, type StoredObject } from '@parlance/messaging';
import {
  AccountRepository,
  ConsentRepository,
  PrivacyJobRepository,
  type ConsentRecord,
  type PrivacyJobKind,
  type PrivacyJobRecord,
  type PrivacySettingsRecord,
} from '@parlance/persistence';
import { LearnerAccounts } from '../access/learner-accounts.service.js';
import { actingFor } from '../auth/access.guard.js';
import { requireRole, requireScope, type Caller } from '../auth/caller.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import { PrivacyJobs } from '../privacy/privacy-jobs.service.js';
import { TenantPrivacy } from '../privacy/tenant-privacy.service.js';
import {
  consentPageSchema,
  consentSchema,
  erasureSchema,
  exportSchema,
  privacySettingsChangeSchema,
} from './privacy.schema.js';
import { parseRequest } from './request-fields.js';

/** A log-in is recent for so long; the clocks of issuers may be ahead. */
const RECENT_MS = 900_000;
const AHEAD_MS = 60_000;
/** Files of one learner at a time. */
const MOST_EXPORTS = 5;
const OPEN_STATES = ['queued', 'running', 'verifying'];

/** Privacy over HTTP: bodies and queries in, views out. A learner sees and does their own; owners and admins do it for their learners. */
@Injectable()
export class PrivacyRequests {
  constructor(
    private readonly privacy: TenantPrivacy,
    private readonly learners: LearnerPrivacy,
    private readonly consents: ConsentRepository,
    private readonly jobs: PrivacyJobRepository,
    private readonly runner: PrivacyJobs,
    private readonly accounts: AccountRepository,
    private readonly objects: ObjectStore,
    @Optional() @Inject(LearnerAccounts) private readonly logins: LearnerAccounts | undefined,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'http'>,
  ) {}

  async settings({ tenant }: Principal) {
    return settingsView(await this.privacy.settings(tenant));
  }

  /** @throws AppError request.invalid, request.conflict */
  async updateSettings({ tenant }: Principal, body: unknown) {
    const { version, ...change } = parseRequest(privacySettingsChangeSchema, body ?? {});
    return settingsView(await this.privacy.update(tenant, version, change));
  }

  async listConsents(caller: Principal, query: unknown) {
    const { user: named, limit, cursor } = parseRequest(consentPageSchema, query);
    const { tenant, user } = learnerOf(caller, named);
    const found = await this.consents.history(tenant, user, { before: cursor, limit: limit + 1 });
    const history = found.slice(0, limit);
    const current = await Promise.all(
      CONSENT_PURPOSES.map(async (purpose) => {
        const latest = await this.consents.latest(tenant, user, purpose);
        return [purpose, latest ? consentView(latest) : null] as const;
      }),
    );
    return {
      user,
      current: Object.fromEntries(current),
      history: history.map(consentView),
      nextCursor: found.length > limit ? history.at(-1)!.id : null,
    };
  }

  /** @throws AppError request.invalid, learner.erased */
  async recordConsent(caller: Principal, body: unknown, now = new Date()) {
    const { user: named, ...consent } = parseRequest(consentSchema, body ?? {});
    const { tenant, user } = learnerOf(caller, named);
    await this.learners.refuseErased({ tenant, user });
    const record: ConsentRecord = { id: ulid(now.getTime()), tenant, user, ...consent, at: now };
    await this.consents.add(record);
    return consentView(record);
  }

  /** @throws AppError request.invalid, auth.forbidden, quota.exceeded */
  async requestExport(caller: Caller, body: unknown) {
    const { user: named } = parseRequest(exportSchema, body ?? {});
    const user = ownOrManaged(caller, named);
    const { tenant } = caller;
    await this.learners.refuseErased({ tenant, user });
    const before = await this.ofLearner(tenant, user, 'export');
    const open = before.find(({ state }) => OPEN_STATES.includes(state));
    if (open) return this.exportView(open);
    if (before.filter(({ state }) => state === 'done').length >= MOST_EXPORTS)
      throw new AppError(
        'quota.exceeded',
        `A learner has ${MOST_EXPORTS} exports at a time: use the last one.`,
      );
    return this.exportView(await this.begin(tenant, user, 'export'));
  }

  /** @throws AppError privacy.job_not_found */
  async findExport(caller: Caller, id: string) {
    return this.exportView(await this.visible(caller, 'export', id));
  }

  /** @throws AppError privacy.job_not_found, also where the file is gone; privacy.not_ready while it is made */
  async openExport(caller: Caller, id: string): Promise<StoredObject> {
    const { state, file } = await this.visible(caller, 'export', id);
    if (OPEN_STATES.includes(state))
      throw new AppError('privacy.not_ready', 'The export is being made: come again.');
    const stored = file && (await this.objects.get(file.key));
    if (!stored) throw new AppError('privacy.job_not_found', 'There is no file of this export any more.');
    return stored;
  }

  /** @throws AppError request.invalid, auth.forbidden; auth.invalid_credentials where a learner does not say the right password,
   *  auth.forbidden where one without a password has not logged in a moment ago */
  async requestErasure(caller: Caller, address: string, body: unknown) {
    const { user: named, password } = parseRequest(erasureSchema, body ?? {});
    const user = ownOrManaged(caller, named);
    const { tenant } = caller;
    if (caller.user === user) await this.requireRecentLogin(caller, address, password);
    const [newest] = await this.ofLearner(tenant, user, 'erasure');
    if (newest && OPEN_STATES.includes(newest.state)) return erasureView(newest);
    return erasureView(await this.begin(tenant, user, 'erasure'));
  }

  /** @throws AppError privacy.job_not_found */
  async findErasure(caller: Caller, id: string) {
    return erasureView(await this.visible(caller, 'erasure', id));
  }

  private async begin(tenant: string, user: string, kind: PrivacyJobKind): Promise<PrivacyJobRecord> {
    const pseudonym = await this.privacy.pseudonym(tenant, user);
    const job = await this.jobs.create({ id: ulid(), tenant, kind, user, pseudonym });
    this.runner.wake();
    return job;
  }

  private async ofLearner(tenant: string, user: string, kind: PrivacyJobKind): Promise<PrivacyJobRecord[]> {
    const pseudonym = await this.privacy.pseudonym(tenant, user);
    return this.jobs.ofLearner(tenant, pseudonym, kind, 2 * MOST_EXPORTS);
  }

  /** A learner's own; of owners and admins, any of the tenant. */
  private async visible(caller: Caller, kind: PrivacyJobKind, id: string): Promise<PrivacyJobRecord> {
    const job = await this.jobs.get(caller.tenant, kind, id);
    if (isManager(caller)) return job;
    const own = caller.user && (await this.privacy.pseudonym(caller.tenant, caller.user));
    if (own === job.pseudonym) return job;
    throw new AppError('privacy.job_not_found', `There is no such ${kind}.`);
  }

  /** Who has found a device that is logged in is not the learner yet. */
  private async requireRecentLogin(caller: Caller, address: string, password?: string): Promise<void> {
    const { tenant, user = '' } = caller;
    const account = this.logins && (await this.accounts.find(tenant, user));
    // Whom the organisation's provider logs in has no password.
    if (this.logins && account?.passwordHash !== undefined) {
      if (password === undefined) throw new AppError('request.invalid', 'password: is needed to be erased');
      await this.logins.confirm(caller, address, password);
      return;
    }
    const sinceMs = Date.now() - (caller.loggedInAt ?? 0);
    if (sinceMs > RECENT_MS || sinceMs < -AHEAD_MS)
      throw new AppError(
        'auth.forbidden',
        'Log in again: this needs a log-in within 15 minutes, of which the token tells (auth_time).',
      );
  }

  private exportView(job: PrivacyJobRecord) {
    const { id, state, file, expiresAt } = job;
    const isThere = state === 'done';
    return {
      ...jobView(job),
      state: state as 'queued' | 'running' | 'done' | 'failed' | 'expired',
      bytes: file?.bytes ?? null,
      expiresAt: expiresAt?.toISOString() ?? null,
      url: isThere ? `${this.config.http.publicUrl}/api/v1/privacy/exports/${id}/file` : null,
    };
  }
}

function isManager({ role, scopes }: Caller): boolean {
  return MANAGERS.some((manager) => manager === role) && (!scopes || scopes.includes('access'));
}

/** The learner whom a request is about. @throws AppError request.invalid where it says of nobody, auth.forbidden */
function learnerOf(caller: Principal, named: string | undefined): Required<Principal> {
  const { tenant, user } = actingFor(caller, named);
  if (user === undefined) throw new AppError('request.invalid', 'user: say which learner it is about');
  return { tenant, user };
}

/** As `learnerOf`, where acting for learners is not enough. */
function ownOrManaged(caller: Caller, named: string | undefined): string {
  if (caller.user !== undefined && (named === undefined || named === caller.user)) return caller.user;
  requireRole(caller, MANAGERS);
  requireScope(caller, 'access');
  if (named === undefined) throw new AppError('request.invalid', 'user: say which learner it is about');
  return named;
}

function settingsView({ recordingConsentRequired, retentionDays, version }: PrivacySettingsRecord) {
  return { recordingConsentRequired, retentionDays, version };
}

function consentView({ id, purpose, given, textVersion, at }: ConsentRecord) {
  return { id, purpose, given, textVersion, at: at.toISOString() };
}

function jobView({ id, createdAt, finishedAt, parts }: PrivacyJobRecord) {
  return {
    id,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    parts,
  };
}

function erasureView(job: PrivacyJobRecord) {
  return { ...jobView(job), state: job.state as 'queued' | 'running' | 'verifying' | 'done' };
}
