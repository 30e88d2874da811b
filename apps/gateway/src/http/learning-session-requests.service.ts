import { Inject, Injectable } from '@nestjs/common';
import { encodeTime } from 'ulid';
import { languageCode, teachingModeCode, type Principal } from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { CatalogueRepository, LearningRepository, StatisticsRepository } from '@parlance/persistence';
import { actingFor } from '../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { evaluationMeansView, learningSessionView } from '../sessions/learning-session-view.js';
import { metricsView } from '../sessions/statistics.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import {
  NAMES_OF_SEARCHES,
  sessionCloseSchema,
  sessionListSchema,
  sessionOpenSchema,
} from './learning-session.schema.js';
import { byNames } from './other-names.js';
import { wantedPage } from './page-query.js';
import { parseRequest } from './request-fields.js';
import { snakeCased } from './snake-case.js';

type Query = Readonly<Record<string, unknown>>;

/** Entries that numbered pages reach. */
export const DEEPEST_PAGE = 10_000;

/** Learning sessions over HTTP: the sessions that every other API speaks in, by the codes of the catalogue. */
@Injectable()
export class LearningSessionRequests {
  private readonly base: string;
  private readonly idleMs: number;

  constructor(
    private readonly sessions: VoiceSessions,
    private readonly statistics: StatisticsRepository,
    private readonly catalogue: CatalogueRepository,
    private readonly learning: LearningRepository,
    @Inject(GATEWAY_CONFIG) { http, sessionIdleMs }: Pick<GatewayConfig, 'http' | 'sessionIdleMs'>,
  ) {
    this.base = http.publicUrl;
    this.idleMs = sessionIdleMs;
  }

  /** Begins a session of a learner, by a mode, a language and a scenario that the tenant's catalogue has, and a lesson of the tenant or an
   *  enrolment of the learner. @throws AppError request.invalid, learning.not_found */
  async open(caller: Principal, body: unknown) {
    const request = parseRequest(sessionOpenSchema, body ?? {});
    const acting = actingFor(caller, request.user_external_id);
    if (acting.user === undefined)
      throw new AppError('request.invalid', 'user_external_id: is needed where an API key opens a session');
    const { scenario_code: scenario, lesson_id: lesson, enrolment_id: enrolment } = request;
    const [mode, language] = await Promise.all([
      this.requireMode(acting.tenant, request.mode_code),
      this.requireLanguage(acting.tenant, request.language_code),
      scenario !== undefined && this.requireScenario(acting.tenant, scenario),
      lesson !== undefined && this.learning.getFor(acting, 'lesson', lesson),
      enrolment !== undefined && this.learning.getFor(acting, 'enrolment', enrolment),
    ]);
    const { session } = await this.sessions.begin(acting, {
      settings: { language },
      context: {
        ...{ mode, targetLanguage: language },
        ...(scenario === undefined ? {} : { scenario }),
        ...(lesson === undefined ? {} : { lesson }),
        ...(enrolment === undefined ? {} : { enrolment }),
      },
      metadata: request.metadata,
    });
    return learningSessionView(session, this.base, this.idleMs);
  }

  /** A page of the caller's sessions, newest first. */
  async list(caller: Principal, query: Query) {
    const { user_external_id, mode_code, language_code, state, from, to, cursor, ...rest } = parseRequest(
      sessionListSchema,
      byNames(query, NAMES_OF_SEARCHES),
    );
    const { limit, skip, page } = wantedPage({ ...rest, cursor }, DEEPEST_PAGE);
    const found = await this.sessions.page(actingFor(caller, user_external_id), {
      mode: mode_code === undefined ? undefined : teachingModeCode(mode_code),
      language: language_code || undefined,
      state,
      before: earlierOf(cursor, to && firstIdOf(to)),
      since: from && firstIdOf(from),
      skip,
      // One more tells whether there is another page.
      limit: limit + 1,
    });
    const sessions = found.slice(0, limit);
    return {
      sessions: sessions.map((session) => learningSessionView(session, this.base, this.idleMs)),
      next_cursor: found.length > limit ? (sessions.at(-1)?.id ?? null) : null,
      ...(page === undefined ? {} : { page, page_size: limit }),
    };
  }

  async find(caller: Principal, id: string) {
    const session = await this.sessions.get(caller, id);
    const [totals, means] = await Promise.all([
      this.sessions.totals(session),
      this.statistics.evaluationMeans(session.tenant, session.id),
    ]);
    return {
      ...learningSessionView(session, this.base, this.idleMs),
      mean_evaluation: evaluationMeansView(means),
      metrics: snakeCased(metricsView(session, totals)),
    };
  }

  /** Closes a session; one that is closed or has expired stays as it is, and is answered in the same way. */
  async close(caller: Principal, id: string, body: unknown) {
    const { reason } = parseRequest(sessionCloseSchema, body ?? {});
    const { session } = await this.sessions.end(caller, id, reason);
    return learningSessionView(session, this.base, this.idleMs);
  }

  private async requireMode(tenant: string, code: string): Promise<string> {
    const mode = teachingModeCode(code);
    if (await this.catalogue.find(tenant, 'teaching_mode', mode)) return mode;
    throw new AppError('request.invalid', `mode_code: there is no teaching mode ${JSON.stringify(code)}`);
  }

  private async requireScenario(tenant: string, code: string): Promise<void> {
    if (await this.catalogue.find(tenant, 'scenario', code)) return;
    throw new AppError('request.invalid', `scenario_code: there is no scenario ${JSON.stringify(code)}`);
  }

  private async requireLanguage(tenant: string, code: string): Promise<string> {
    const language = codeOfLanguage(code);
    if (language !== '' && (await this.catalogue.find(tenant, 'language', language))) return language;
    throw new AppError('request.invalid', `language_code: there is no language ${JSON.stringify(code)}`);
  }
}

/** Empty for what is none. */
function codeOfLanguage(text: string): string {
  try {
    return languageCode(text);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return '';
  }
}

/** No id of a session that was opened then or later is smaller: ids begin with their time. */
function firstIdOf(time: Date): string {
  return encodeTime(Math.max(0, time.getTime()), 10) + '0'.repeat(16);
}

function earlierOf(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
