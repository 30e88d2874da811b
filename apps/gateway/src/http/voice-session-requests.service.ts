import { Inject, Injectable } from '@nestjs/common';
import {
  sessionContextSchema,
  sessionSettingsSchema,
  type Principal,
  type SessionContext,
  type SessionSettings,
} from '@parlance/contracts';
import { TurnRepository, type SessionRecord, type TurnRecord } from '@parlance/persistence';
import { actingFor } from '../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import {
  jsonTranscript,
  srtTranscript,
  textTranscript,
  type TranscriptFile,
} from '../sessions/session-transcript.js';
import { sessionView, socketAddresses, voiceState } from '../sessions/session-view.js';
import { metricsView, statisticsView } from '../sessions/statistics.js';
import { VoiceSessions, type BegunSession } from '../sessions/voice-sessions.service.js';
import { parseRequest } from './request-fields.js';
import {
  givenOf,
  sessionCreateSchema,
  sessionEndSchema,
  sessionInitSchema,
  sessionPageSchema,
  statisticsQuerySchema,
  transcriptQuerySchema,
} from './voice-session.schema.js';

type Query = Readonly<Record<string, unknown>>;

/** Turns read together for a transcript. */
const TURNS_PER_READ = 100;

/** Sessions over HTTP: bodies and queries in, views out. */
@Injectable()
export class VoiceSessionRequests {
  private readonly base: string;

  constructor(
    private readonly sessions: VoiceSessions,
    private readonly turns: TurnRepository,
    @Inject(GATEWAY_CONFIG) { http }: Pick<GatewayConfig, 'http'>,
  ) {
    this.base = http.publicUrl;
  }

  /** Begins a session, or resumes the active one. */
  async init(caller: Principal, body: unknown) {
    const { user, resume, ...parts } = parseRequest(sessionInitSchema, body ?? {});
    const acting = actingFor(caller, user);
    const given = givenParts(parts, body);
    const begun = await this.sessions.begin(acting, { ...given, onActive: resume ? 'resume' : undefined });
    return this.begunView(begun);
  }

  async create(caller: Principal, body: unknown) {
    const request = parseRequest(sessionCreateSchema, body ?? {});
    const { user, lesson, enrolment, oneActive, onActive = 'refuse', ...parts } = request;
    const { settings, context } = givenParts(parts, body);
    const begun = await this.sessions.begin(actingFor(caller, user), {
      settings,
      context: { ...context, ...(lesson && { lesson }), ...(enrolment && { enrolment }) },
      onActive: oneActive ? onActive : undefined,
    });
    return this.begunView(begun);
  }

  /** A page of the caller's sessions, newest first. */
  async page(caller: Principal, query: Query) {
    const { limit, cursor, user, status } = parseRequest(sessionPageSchema, query);
    // One more tells whether there is another page.
    const page = { status, before: cursor, limit: limit + 1 };
    const found = await this.sessions.page(actingFor(caller, user), page);
    const sessions = found.slice(0, limit);
    return {
      sessions: sessions.map((session) => ({
        ...sessionView(session, this.base),
        turns: session.lastSequence,
      })),
      nextCursor: found.length > limit ? sessions.at(-1)?.id : null,
    };
  }

  async find(caller: Principal, id: string) {
    return this.wholeView(await this.sessions.get(caller, id));
  }

  async updateSettings(caller: Principal, id: string, body: unknown) {
    const settings = givenOf(parseRequest(sessionSettingsSchema, body ?? {}), body);
    return sessionView(await this.sessions.updateSettings(caller, id, settings), this.base);
  }

  async updateContext(caller: Principal, id: string, body: unknown) {
    const context = givenOf(parseRequest(sessionContextSchema, body ?? {}), body);
    return sessionView(await this.sessions.updateContext(caller, id, context), this.base);
  }

  /** Ends the session; `alreadyEnded` says that it had ended before. */
  async end(caller: Principal, id: string, body: unknown) {
    const { reason } = parseRequest(sessionEndSchema, body ?? {});
    const { session, endedNow } = await this.sessions.end(caller, id, reason);
    const metrics = metricsView(session, await this.sessions.totals(session));
    return {
      ...sessionView(session, this.base),
      alreadyEnded: !endedNow,
      durationMs: metrics.durationMs,
      metrics,
    };
  }

  /** @returns the file, or the object that is sent as JSON */
  async transcript(caller: Principal, id: string, query: Query): Promise<TranscriptFile> {
    const { format } = parseRequest(transcriptQuerySchema, query);
    const session = await this.sessions.get(caller, id);
    const turns = await this.allTurns(session);
    if (format === 'txt') return textTranscript(session, turns);
    if (format === 'srt') return srtTranscript(session, turns);
    const contentType = 'application/json; charset=utf-8';
    return { contentType, body: JSON.stringify(jsonTranscript(session, turns)) };
  }

  async statistics(caller: Principal, query: Query) {
    const { user } = parseRequest(statisticsQuerySchema, query);
    const acting = actingFor(caller, user);
    return statisticsView(acting.user, await this.sessions.statisticsOf(acting));
  }

  private async begunView({ session, resumed }: BegunSession) {
    return {
      sessionId: session.id,
      resumed,
      ...(await this.wholeView(session)),
      sockets: socketAddresses(session, this.base),
    };
  }

  private async wholeView(session: SessionRecord) {
    const [newest, totals] = await Promise.all([
      this.turns.findPrevious(session.tenant, session.id, session.lastSequence + 1),
      this.sessions.totals(session),
    ]);
    return {
      ...sessionView(session, this.base),
      voiceState: voiceState(session, newest),
      metrics: metricsView(session, totals),
    };
  }

  private async allTurns({ tenant, id }: SessionRecord): Promise<TurnRecord[]> {
    const turns: TurnRecord[] = [];
    for (let hasMore = true; hasMore;) {
      const after = turns.at(-1)?.sequence ?? 0;
      const found = await this.turns.list(tenant, id, { after, limit: TURNS_PER_READ });
      turns.push(...found);
      hasMore = found.length === TURNS_PER_READ;
    }
    return turns;
  }
}

/** Settings and context as far as the body names them. */
function givenParts(
  parts: { readonly settings?: SessionSettings | undefined; readonly context?: SessionContext | undefined },
  body: unknown,
) {
  const { settings, context } = (body ?? {}) as Query;
  return {
    settings: givenOf(parts.settings ?? {}, settings) as Partial<SessionSettings>,
    context: givenOf(parts.context ?? {}, context) as Partial<SessionContext>,
  };
}
