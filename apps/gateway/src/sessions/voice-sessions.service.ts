import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { Principal, SessionContext, SessionSettings } from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import {
  CatalogueRepository,
  MOST_TURNS,
  sessionEnded,
  sessionFull,
  SessionRepository,
  StatisticsRepository,
  streakOf,
  type SessionMetadata,
  type SessionPage,
  type SessionRecord,
  type TurnTotals,
} from '@parlance/persistence';
import { counter } from '@parlance/telemetry';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { SessionEndings } from './session-endings.service.js';
import type { UserStatistics } from './statistics.js';

/** What becomes of a user's active session when another one is asked for. */
export const ON_ACTIVE = ['end', 'refuse', 'resume'] as const;

/** A session that is asked for. */
export interface WantedSession {
  readonly settings?: Partial<SessionSettings>;
  readonly context?: Partial<SessionContext>;
  readonly metadata?: SessionMetadata;
  /** Undefined: the user may have several active sessions. */
  readonly onActive?: (typeof ON_ACTIVE)[number] | undefined;
}

export interface BegunSession {
  readonly session: SessionRecord;
  /** Whether it was active before. */
  readonly resumed: boolean;
}

/** Rivals that begin a session of the same user at the same time leave one of them this many tries. */
const TRIES = 3;
/** Active sessions of one user that are replaced together. */
const REPLACED_TOGETHER = 100;
/** Longest wait for the list of voices. */
const VOICE_CHECK_MS = 5_000;

const ended = () => counter('parlance_gateway_sessions_ended_total');

/** The life of sessions, for every API: begun, resumed, changed, ended. A user sees their own, an API key all of its tenant. */
@Injectable()
export class VoiceSessions {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly statistics: StatisticsRepository,
    private readonly voices: VoicesService,
    private readonly endings: SessionEndings,
    private readonly catalogue: CatalogueRepository,
    private readonly privacy: LearnerPrivacy,
  ) {}

  /** Begins a session, or resumes the user's active one where `onActive` says so; it then gets the given settings and context.
   *  @throws AppError session.already_active, voice.not_found, learner.erased; request.invalid where `onActive` is said without a user */
  async begin(caller: Principal, wanted: WantedSession): Promise<BegunSession> {
    const { settings, context, metadata, onActive } = wanted;
    const { tenant, user } = caller;
    await this.privacy.refuseErased(caller);
    await this.requireVoice(settings);
    await this.requireMode(tenant, context);
    if (onActive === undefined) {
      const session = await this.sessions.create(tenant, ulid(), { user, settings, context, metadata });
      return { session, resumed: false };
    }
    if (user === undefined)
      throw new AppError('request.invalid', 'user: is needed where a user may have one active session only');
    for (let tries = 1; ; tries++) {
      try {
        return await this.beginOnly({ tenant, user }, wanted);
      } catch (error) {
        // A rival began or ended the user's session meanwhile: the next try finds it as it is.
        const isRival = isAppError(error) && ['session.already_active', 'session.ended'].includes(error.code);
        if (!isRival || onActive === 'refuse' || tries === TRIES) throw error;
      }
    }
  }

  /** The session asked for, or a new one of the caller, to take turns in. @throws AppError session.not_found, session.ended,
   *  session.full, learner.erased */
  async enter(caller: Principal, session: string | undefined): Promise<SessionRecord> {
    if (session === undefined) {
      await this.privacy.refuseErased(caller);
      return this.sessions.create(caller.tenant, ulid(), { user: caller.user });
    }
    const found = await this.get(caller, session);
    if (found.status === 'ended') throw sessionEnded();
    if (found.lastSequence >= MOST_TURNS) throw sessionFull();
    return found;
  }

  /** @throws AppError session.not_found */
  async get(caller: Principal, id: string): Promise<SessionRecord> {
    return this.sessions.getFor(caller, id);
  }

  /** The caller's sessions, newest first. */
  async page(caller: Principal, page: SessionPage): Promise<SessionRecord[]> {
    return this.sessions.page(caller.tenant, { ...page, user: caller.user ?? page.user });
  }

  /** What was said in a session so far, or in all when it has ended. */
  async totals(session: SessionRecord): Promise<TurnTotals> {
    return session.metrics ?? this.statistics.turnTotals(session.tenant, [session.id]);
  }

  /** @throws AppError session.not_found, session.ended, voice.not_found */
  async updateSettings(
    caller: Principal,
    id: string,
    settings: Partial<SessionSettings>,
  ): Promise<SessionRecord> {
    await this.requireVoice(settings);
    return this.sessions.updateSettings(caller, id, settings);
  }

  /** @throws AppError session.not_found, session.ended */
  async updateContext(
    caller: Principal,
    id: string,
    context: Partial<SessionContext>,
  ): Promise<SessionRecord> {
    await this.requireMode(caller.tenant, context);
    return this.sessions.updateContext(caller, id, context);
  }

  /** Ends a session; one that has ended stays as it is. @returns whether it was this call that ended it
   *  @throws AppError session.not_found */
  async end(
    caller: Principal,
    id: string,
    reason: string,
  ): Promise<{ readonly session: SessionRecord; readonly endedNow: boolean }> {
    const session = await this.get(caller, id);
    if (session.status === 'ended') return { session, endedNow: false };
    return this.close(session, reason, 'client');
  }

  /** Ends a session in which nothing has happened since a time, unless something happens meanwhile. */
  async endIdle(session: SessionRecord, idleSince: Date): Promise<void> {
    await this.close(session, 'idle', 'sweeper', idleSince);
  }

  /** @throws AppError request.invalid where the caller is no user */
  async statisticsOf({ tenant, user }: Principal): Promise<UserStatistics> {
    if (user === undefined) throw new AppError('request.invalid', 'user: say whose statistics are wanted');
    const [totals, days] = await Promise.all([
      this.statistics.userTotals(tenant, user),
      this.statistics.activeDays(tenant, user),
    ]);
    const today = new Date().toISOString().slice(0, 10);
    return { ...totals, activeDays: days.length, streakDays: streakOf(days, today).current };
  }

  private async beginOnly(
    caller: Required<Principal>,
    { settings, context, onActive }: WantedSession,
  ): Promise<BegunSession> {
    const { tenant, user } = caller;
    const active = await this.sessions.findActive(tenant, user);
    if (active && onActive === 'resume')
      return { session: await this.resume(active, settings, context), resumed: true };
    if (active && onActive === 'refuse')
      throw new AppError('session.already_active', `The user has an active session already: ${active.id}`);
    if (active) await this.replaceAll(caller);
    const only = { user, settings, context, onlyActive: true };
    return { session: await this.sessions.create(tenant, ulid(), only), resumed: false };
  }

  private async resume(
    { tenant, id }: SessionRecord,
    settings: Partial<SessionSettings> = {},
    context: Partial<SessionContext> = {},
  ): Promise<SessionRecord> {
    await this.sessions.updateContext({ tenant }, id, context);
    return this.sessions.updateSettings({ tenant }, id, settings);
  }

  private async replaceAll({ tenant, user }: Principal): Promise<void> {
    const page = { user, status: 'active', limit: REPLACED_TOGETHER } as const;
    for (const session of await this.sessions.page(tenant, page))
      await this.close(session, 'replaced', 'replacement');
  }

  private async close(
    { tenant, id }: SessionRecord,
    reason: string,
    by: string,
    idleSince?: Date,
  ): Promise<{ readonly session: SessionRecord; readonly endedNow: boolean }> {
    const totals = await this.statistics.turnTotals(tenant, [id]);
    const result = await this.sessions.end(tenant, id, { reason, totals, ...(idleSince && { idleSince }) });
    if (result.endedNow) {
      ended().inc({ by });
      this.endings.announce(result.session);
    }
    return result;
  }

  /** @throws AppError request.invalid for a mode that the tenant's catalogue does not have */
  private async requireMode(tenant: string, { mode }: Partial<SessionContext> = {}): Promise<void> {
    if (mode === undefined || (await this.catalogue.find(tenant, 'teaching_mode', mode))) return;
    throw new AppError('request.invalid', `mode: there is no teaching mode ${mode}`);
  }

  private async requireVoice(settings: Partial<SessionSettings> | undefined): Promise<void> {
    if (settings?.voice) await this.voices.require(settings.voice, AbortSignal.timeout(VOICE_CHECK_MS));
  }
}
