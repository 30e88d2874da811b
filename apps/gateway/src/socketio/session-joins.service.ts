import { Inject, Injectable } from '@nestjs/common';
import type { Principal, VoiceClientEvent, VoiceServerEvent } from '@parlance/contracts';
import { sessionEnded, TurnRepository, type SessionRecord } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { givenOf } from '../http/voice-session.schema.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { LiveConversations } from '../live/live-conversations.service.js';
import { voiceState } from '../sessions/session-view.js';
import { metricsView } from '../sessions/statistics.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import { StoredTurns } from '../turns/stored-turns.service.js';
import { JoinedSession } from './joined-session.js';
import type { SessionSocket } from './session-channel.js';

type Wanted = VoiceClientEvent<'voice:join'>;

export interface EnteredSession {
  readonly record: SessionRecord;
  readonly status: VoiceServerEvent<'voice:joined'>['status'];
}

/** Behind every event of the stream that has come: only what comes from now on. */
const FROM_NOW_ON = Number.MAX_SAFE_INTEGER - 1;

/** Lets clients into sessions, and ends these. */
@Injectable()
export class SessionJoins {
  constructor(
    private readonly sessions: VoiceSessions,
    private readonly conversations: LiveConversations,
    private readonly storedTurns: StoredTurns,
    private readonly turns: TurnRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'streamIdleMs'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Begins the session that is wanted, or finds it; settings and context that are given change it.
   *  @param given  the event as it came: what it does not name keeps its value
   *  @throws AppError session.not_found, session.ended, voice.not_found */
  async enter(caller: Principal, wanted: Wanted, given: unknown): Promise<EnteredSession> {
    const parts = given as Record<string, unknown>;
    const settings = wanted.settings && givenOf(wanted.settings, parts.settings);
    const context = wanted.context && givenOf(wanted.context, parts.context);
    if (wanted.sessionId === undefined) {
      const { session } = await this.sessions.begin(caller, {
        ...(settings && { settings }),
        ...(context && { context }),
      });
      return { record: session, status: 'created' };
    }
    let record = await this.active(caller, wanted.sessionId);
    if (settings) record = await this.sessions.updateSettings(caller, record.id, settings);
    if (context) record = await this.sessions.updateContext(caller, record.id, context);
    return { record, status: wanted.after === undefined ? 'joined' : 'resumed' };
  }

  /** A session as it stands: its settings may have been changed by another API.
   *  @throws AppError session.not_found, session.ended */
  async active(caller: Principal, id: string): Promise<SessionRecord> {
    const record = await this.sessions.get(caller, id);
    if (record.status === 'ended') throw sessionEnded();
    return record;
  }

  /** @param after  events behind this sequence are told; undefined: what comes from now on
   *  @throws AppError upstream.unavailable */
  async open(
    socket: SessionSocket,
    session: SessionRecord,
    after: number | undefined,
    caller: QuotaSubject,
  ): Promise<JoinedSession> {
    const { tenant, id } = session;
    // How replies are spoken is as the session's settings have it when a turn starts.
    const usedBy = { ...caller, user: caller.user ?? session.user };
    const options = { tenant, session: id, after: after ?? FROM_NOW_ON, reply: {}, usedBy };
    const conversation = await this.conversations.open(options);
    const { streamIdleMs: idleMs } = this.config;
    // The default model.
    const recording = { model: '', idleMs };
    return new JoinedSession(socket, conversation, this.storedTurns, session, recording, this.logger);
  }

  async joinedEvent(
    record: SessionRecord,
    { recording, isSpeaking, after }: JoinedSession,
    status: EnteredSession['status'],
  ): Promise<VoiceServerEvent<'voice:joined'>> {
    const newest = await this.turns.findPrevious(record.tenant, record.id, record.lastSequence + 1);
    return {
      sessionId: record.id,
      status,
      settings: record.settings,
      voiceState: { ...voiceState(record, newest), isRecording: recording.isRunning, isSpeaking },
      sequence: after,
    };
  }

  /** Ends a session for everybody in it. @throws AppError session.not_found, session.ended */
  async end(
    caller: Principal,
    id: string,
    reason: string,
  ): Promise<Pick<VoiceServerEvent<'voice:ended'>, 'duration' | 'metrics'>> {
    const { session, endedNow } = await this.sessions.end(caller, id, reason);
    if (!endedNow) throw sessionEnded();
    const metrics = metricsView(session, await this.sessions.totals(session));
    return { duration: metrics.durationMs / 1000, metrics };
  }
}
