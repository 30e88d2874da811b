import {
  learnMessageSchema,
  LEARN_INPUT_RATE_HZ,
  LEARN_MAX_AUDIO_MS,
  LEARN_OUTPUT_RATE_HZ,
  type LearnEvent,
  type LearnMessage,
  type LearnStart,
} from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import { parseRequest } from '../../http/request-fields.js';
import { assertSamples, readJson, type ClientSocket } from '../client-socket.js';
import { MessageSession } from '../message-session.js';
import type { LearnCatalogue } from './learn-catalogue.service.js';
import type { LearnConversation } from './learn-conversation.js';

/** Messages at fault in a row; the next one closes the socket. */
const MAX_FAULTS = 20;
/** With these nothing can go on. */
const ENDS_ALL: ReadonlySet<string> = new Set(['internal.unexpected', 'service.draining']);

export interface LearnOptions {
  readonly idleMs: number;
  readonly tenant: string;
  readonly catalogue: LearnCatalogue;
  /** Opens a session and begins to listen. */
  readonly begin: (start: LearnStart, client: ClientSocket) => Promise<LearnConversation>;
}

/** One socket of `/v1/learn`: its messages, one after the other, and the learning session that may run on it. */
export class LearnSession extends MessageSession<LearnConversation> {
  private faults = 0;

  constructor(private readonly options: LearnOptions) {
    super();
  }

  protected async greet(client: ClientSocket): Promise<void> {
    await this.send(welcome(client.requestId));
    this.restartIdle();
  }

  protected async handle(data: Buffer, isBinary: boolean): Promise<void> {
    if (this.isDraining) return;
    this.stopWaiting();
    try {
      await (isBinary ? this.push(data) : this.answer(parseRequest(learnMessageSchema, readJson(data))));
      this.faults = 0;
    } catch (error) {
      this.faults += 1;
      if (ENDS_ALL.has(toAppError(error).code) || this.faults > MAX_FAULTS) throw error;
      await this.client?.report(error);
    } finally {
      this.restartIdle();
    }
  }

  private async answer(message: LearnMessage): Promise<void> {
    const { catalogue, tenant } = this.options;
    switch (message.type) {
      case 'start_session':
        return this.start(message);
      case 'audio':
        return this.push(Buffer.from(message.data, 'base64'));
      case 'end_session':
        if (!this.running)
          throw new AppError('request.invalid', 'No session runs; start_session begins one.');
        return this.endRunning();
      case 'get_teaching_modes':
        return this.send(await catalogue.modes(tenant));
      case 'get_languages':
        return this.send(await catalogue.languages(tenant));
      case 'get_scenarios':
        return this.send(await catalogue.scenarios(tenant));
      case 'get_status':
        return this.send(this.status());
    }
  }

  private async start(start: LearnStart): Promise<void> {
    const { client } = this;
    if (!client) return;
    if (this.running) throw new AppError('request.invalid', 'A session runs already; end_session ends it.');
    const { catalogue, tenant } = this.options;
    await catalogue.requireMode(tenant, start.teaching_mode);
    const scenario = await catalogue.scenario(tenant, start.scenario_id);
    this.running = await this.options.begin(start, client);
    await this.send({
      type: 'session_started',
      session_id: this.running.session,
      user_external_id: start.user_external_id,
      teaching_mode: start.teaching_mode,
      ...(start.user_level ? { user_level: start.user_level } : {}),
      ...(scenario ? { scenario_id: scenario.code, opening: scenario.opening } : {}),
    });
  }

  private async push(pcm: Buffer): Promise<void> {
    if (!this.running)
      throw new AppError('request.invalid', 'Audio came before a session was started; send start_session.');
    assertSamples(pcm, LEARN_MAX_AUDIO_MS, LEARN_INPUT_RATE_HZ);
    await this.running.push(pcm);
  }

  protected async endRunning(): Promise<void> {
    const { running } = this;
    if (!running) return;
    this.running = undefined;
    const summary = await running.end();
    await this.send({ type: 'session_ended', session_id: running.session, summary });
  }

  private status(): LearnEvent {
    const { running } = this;
    return {
      type: 'status',
      state: running ? 'in_session' : 'idle',
      ...(running ? { session_id: running.session } : {}),
      turns: running?.turns.count ?? 0,
      words: running?.turns.words ?? 0,
      duration_ms: running?.durationMs ?? 0,
    };
  }

  private async send(event: LearnEvent): Promise<void> {
    await this.client?.send(event);
  }

  private restartIdle(): void {
    const text = 'Nothing was sent for too long; send audio or get_status.';
    this.waitFor(this.options.idleMs, new AppError('stream.idle_timeout', text));
  }
}

function welcome(requestId: string): LearnEvent {
  const linear16 = { encoding: 'linear16', channels: 1 } as const;
  return {
    type: 'welcome',
    request_id: requestId,
    audio: {
      input: { ...linear16, sample_rate: LEARN_INPUT_RATE_HZ },
      output: { ...linear16, sample_rate: LEARN_OUTPUT_RATE_HZ },
    },
  };
}
