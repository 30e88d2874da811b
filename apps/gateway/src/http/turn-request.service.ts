import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { digitsSchema, languageSchema } from '@parlance/contracts';
import type { TenantRequest } from '../auth/api-key.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { DecoderService } from '../media/decoder.service.js';
import { HeldMemory } from '../media/held-memory.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { TurnService } from '../turns/turn.service.js';
import { turnView, type TurnView } from '../turns/turn-view.js';
import { recognitionModel } from '../recognition/recognition.client.js';
import { givenValue, parseRequest, refuseUnknownFields } from './request-fields.js';
import { causeOf, requestSignal } from './request-scope.js';
import { readUploadForm } from './upload-form.js';

const turnFormSchema = z.object({
  session: z.string().max(64).optional(),
  speak: z.enum(['true', 'false']).default('true'),
  voice: z.string().max(100).default(''),
  model: z.string().max(200).default(''),
  language: languageSchema,
});

const TURN_FIELDS: ReadonlySet<string> = new Set(Object.keys(turnFormSchema.shape));

const sessionQuerySchema = z.object({ after: digitsSchema.default(0) });

/** Turns over HTTP: the form in, the turn's view out. */
@Injectable()
export class TurnRequestService {
  constructor(
    private readonly turns: TurnService,
    private readonly decoder: DecoderService,
    private readonly memory: HeldMemory,
    private readonly voices: VoicesService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Creates the turn and waits for its answer, within limits. When the client leaves meanwhile, the turn continues. */
  async create(request: TenantRequest, response: Response): Promise<TurnView> {
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    this.decoder.refuseIfFull(request.tenant);
    const memory = this.memory.open(request.tenant);
    response.once('close', memory.release);
    const form = await readUploadForm(request, {
      field: 'audio',
      // A turn is short: it is held whole, so that every field is known.
      maxBytes: this.config.upload.maxHeldBytes,
      maxHeldBytes: this.config.upload.maxHeldBytes + 1,
      memory,
    });
    refuseUnknownFields(form.fields, TURN_FIELDS);
    const given = [...TURN_FIELDS].map((name) => [name, givenValue(form.fields, name)]);
    const fields = parseRequest(turnFormSchema, Object.fromEntries(given));
    if (fields.speak === 'true') await this.voices.require(fields.voice, signal);
    const starting = this.turns.startFromRecording({
      tenant: request.tenant,
      session: fields.session,
      pcm: this.decoder.decode(form.file, signal, request.tenant),
      options: {
        model: recognitionModel(fields.model),
        language: fields.language,
        task: 'TASK_TRANSCRIBE',
      },
      reply: { speak: fields.speak === 'true', voice: fields.voice },
      signal,
    });
    const identity = await starting.catch((error: unknown) => {
      throw causeOf(error, signal);
    });
    const turn = await this.turns.waitForEnd(identity, this.config.turns.answerLimitMs, signal);
    return turnView(turn, this.config.http.publicUrl);
  }

  async find(tenant: string, turn: string): Promise<TurnView> {
    return turnView(await this.turns.get(tenant, turn), this.config.http.publicUrl);
  }

  /** @param query  `after`: only turns behind this sequence */
  async session(tenant: string, session: string, query: { readonly after?: unknown }) {
    const { after } = parseRequest(sessionQuerySchema, query);
    const turns = await this.turns.list(tenant, session, after);
    return { id: session, turns: turns.map((turn) => turnView(turn, this.config.http.publicUrl)) };
  }
}
