import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { digitsSchema, languageSchema, type Principal } from '@parlance/contracts';
import type { TurnRecord } from '@parlance/persistence';
import type { TenantRequest } from '../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { DecoderService } from '../media/decoder.service.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import { metered } from '../quotas/metered-audio.js';
import { Quotas } from '../quotas/quotas.service.js';
import { RecordedTurns } from '../turns/recorded-turns.service.js';
import { StoredTurns } from '../turns/stored-turns.service.js';
import { turnView, type TurnView } from '../turns/turn-view.js';
import { recognitionModel } from '../recognition/openai-models.config.js';
import { byNames, type OtherNames } from './other-names.js';
import { givenValue, parseRequest, refuseUnknownFields } from './request-fields.js';
import { causeOf, requestSignal } from './request-scope.js';
import { UploadAdmission } from './upload-admission.service.js';
import { readUploadForm } from './upload-form.js';

const turnFormSchema = z.object({
  session: z.string().max(64).optional(),
  speak: z.enum(['true', 'false']).optional(),
  voice: z.string().max(100).default(''),
  model: z.string().max(200).default(''),
  language: languageSchema,
});

const TURN_FIELDS: ReadonlySet<string> = new Set(Object.keys(turnFormSchema.shape));
/** Where the route names the session. */
const SESSION_TURN_FIELDS: ReadonlySet<string> = new Set(
  [...TURN_FIELDS].filter((name) => name !== 'session'),
);

const sessionQuerySchema = z.object({ after: digitsSchema.default(0) });

/** Turns over HTTP: the form in, the turn's view out. */
@Injectable()
export class TurnRequestService {
  constructor(
    private readonly recorded: RecordedTurns,
    private readonly stored: StoredTurns,
    private readonly sessions: VoiceSessions,
    private readonly admission: UploadAdmission,
    private readonly decoder: DecoderService,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Creates the turn and sends it with its answer; 202 where that takes longer than a client is kept waiting.
   *  @param session  what its form may name otherwise */
  async answer(request: TenantRequest, response: Response, session?: string): Promise<void> {
    const turn = turnView(await this.create(request, response, session), this.config.http.publicUrl);
    response.setHeader('location', turn.url);
    response.status(turn.status === 'answering' ? HttpStatus.ACCEPTED : HttpStatus.OK).json(turn);
  }

  /** Creates the turn and waits for its answer, within limits. When the client leaves meanwhile, the turn continues.
   *  @param others  further names of the form's fields */
  async create(
    request: TenantRequest,
    response: Response,
    session?: string,
    others: OtherNames = {},
  ): Promise<TurnRecord> {
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    const { tenant, user } = request.principal;
    const { subject } = request;
    const meter = await this.quotas.openAudio(subject);
    // Before the upload is read.
    await this.quotas.require(subject, ['tokens', 'storage']);
    const memory = this.admission.admit(tenant, response);
    if (session !== undefined) await this.sessions.enter(request.principal, session);
    const form = await readUploadForm(request, {
      field: 'audio',
      // A turn is short: it is held whole, so that every field is known.
      maxBytes: this.config.upload.maxHeldBytes,
      maxHeldBytes: this.config.upload.maxHeldBytes + 1,
      memory,
    });
    const known = session === undefined ? TURN_FIELDS : SESSION_TURN_FIELDS;
    const names = [...known, ...Object.keys(others)];
    refuseUnknownFields(form.fields, new Set(names));
    const given = Object.fromEntries(names.map((name) => [name, givenValue(form.fields, name)]));
    const fields = parseRequest(turnFormSchema, byNames(given, others));
    const speak = fields.speak === undefined ? undefined : fields.speak === 'true';
    const starting = this.recorded.start({
      tenant,
      user,
      session: session ?? fields.session,
      pcm: metered(this.decoder.decode(form.file, signal, tenant), meter),
      usedBy: subject,
      options: {
        model: recognitionModel(this.config.recognition.openAiModels, fields.model),
        language: fields.language,
        task: 'TASK_TRANSCRIBE',
      },
      reply: { speak, voice: fields.voice },
      signal,
    });
    const identity = await starting.catch((error: unknown) => {
      throw causeOf(error, signal);
    });
    return this.stored.waitForEnd(identity, this.config.turns.answerLimitMs, signal);
  }

  async find(caller: Principal, turn: string): Promise<TurnView> {
    return turnView(await this.stored.getFor(caller, turn), this.config.http.publicUrl);
  }

  /** @param query  `after`: only turns behind this sequence */
  async session({ tenant, user }: Principal, session: string, query: { readonly after?: unknown }) {
    const { after } = parseRequest(sessionQuerySchema, query);
    const turns = await this.stored.list(tenant, session, after, user);
    return { id: session, turns: turns.map((turn) => turnView(turn, this.config.http.publicUrl)) };
  }
}
