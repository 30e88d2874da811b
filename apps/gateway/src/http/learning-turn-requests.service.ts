import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { ulid } from 'ulid';
import type { Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { MOST_TURNS, TurnRepository, type TurnRecord } from '@parlance/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { TenantRequest } from '../auth/access.guard.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { learningTurnView } from '../turns/learning-turn-view.js';
import { StoredTurns } from '../turns/stored-turns.service.js';
import { TurnService } from '../turns/turn.service.js';
import { turnBodySchema, turnListSchema } from './learning-session.schema.js';
import { wantedPage } from './page-query.js';
import { parseRequest } from './request-fields.js';
import { causeOf, requestSignal } from './request-scope.js';
import { TurnRequestService } from './turn-request.service.js';

/** Of a spoken turn's form, as a written one's field is named. */
const FORM_NAMES = { language_code: 'language' };

/** The turns of learning sessions over HTTP: written and spoken ones in, views of all out. */
@Injectable()
export class LearningTurnRequests {
  private readonly base: string;

  constructor(
    private readonly turnService: TurnService,
    private readonly spoken: TurnRequestService,
    private readonly stored: StoredTurns,
    private readonly turns: TurnRepository,
    private readonly sessions: VoiceSessions,
    private readonly voices: VoicesService,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'http' | 'turns'>,
  ) {
    this.base = config.http.publicUrl;
  }

  /** Creates a written or spoken turn and sends it with its answer: 201; 202 where the answer takes longer than a client is kept waiting.
   *  When the client leaves meanwhile, the turn continues. */
  async create(request: TenantRequest, session: string, body: unknown, response: Response): Promise<void> {
    const turn = await (request.is('multipart/form-data')
      ? this.spoken.create(request, response, session, FORM_NAMES)
      : this.write(request, session, body, response));
    const view = learningTurnView(turn, this.base);
    response.setHeader('location', view.url);
    response.status(view.status === 'answering' ? HttpStatus.ACCEPTED : HttpStatus.CREATED).json(view);
  }

  private async write(
    { principal: caller, subject: usedBy }: Pick<TenantRequest, 'principal' | 'subject'>,
    session: string,
    body: unknown,
    response: Response,
  ): Promise<TurnRecord> {
    const { text, transcript, language_code, speak, voice } = parseRequest(turnBodySchema, body ?? {});
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    await this.sessions.enter(caller, session);
    if (voice !== '' && speak !== false) await this.voices.require(voice, signal);
    const identity = { tenant: caller.tenant, session, turn: ulid() };
    try {
      await this.turnService.startFromText({
        identity,
        text: text ?? transcript?.text ?? '',
        words: (transcript?.words ?? []).map(({ start_ms, end_ms, ...word }) => ({
          ...word,
          startMs: start_ms,
          endMs: end_ms,
        })),
        language: language_code ?? '',
        reply: { speak, voice },
        usedBy,
      });
    } catch (error) {
      throw causeOf(error, signal);
    }
    return this.stored.waitForEnd(identity, this.config.turns.answerLimitMs, signal);
  }

  /** A page of the session's turns, in order. */
  async list(caller: Principal, session: string, query: Readonly<Record<string, unknown>>) {
    const { cursor, ...rest } = parseRequest(turnListSchema, query);
    const { limit, skip, page } = wantedPage({ ...rest, cursor }, MOST_TURNS);
    const wanted = { after: cursor ?? 0, skip, limit: limit + 1 };
    // At the same time: nearly always it is a session of the caller's.
    const [, found] = await Promise.all([
      this.sessions.get(caller, session),
      this.turns.list(caller.tenant, session, wanted),
    ]);
    const turns = found.slice(0, limit);
    return {
      turns: turns.map((turn) => learningTurnView(turn, this.base)),
      next_cursor: found.length > limit ? String(turns.at(-1)?.sequence) : null,
      ...(page === undefined ? {} : { page, page_size: limit }),
    };
  }

  async find(caller: Principal, session: string, turn: string) {
    const [, found] = await Promise.all([
      this.sessions.get(caller, session),
      this.turns.find({ tenant: caller.tenant, session, turn }),
    ]);
    if (!found) throw new AppError('turn.not_found', 'There is no such turn in the session.');
    return learningTurnView(found, this.base);
  }
}
