import { speakMessageSchema, type SpeakEvent, type SpeakMessage, type SpeakQuery } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { parseRequest } from '../../http/request-fields.js';
import { deepgramModel } from '../../recognition/deepgram-view.js';
import { readJson, type ClientSocket } from '../client-socket.js';
import { MessageSession } from '../message-session.js';
import { SpokenTexts, type SpokenTextsOptions } from './spoken-texts.js';

export interface SpeakSessionOptions {
  readonly query: SpeakQuery;
  readonly idleMs: number;
  /** @throws AppError voice.not_found */
  readonly requireVoice: () => Promise<void>;
  readonly speak: SpokenTextsOptions['speak'];
}

/** One socket of `/v1/speak`: texts in, their audio out. */
export class SpeakSession extends MessageSession<SpokenTexts> {
  constructor(private readonly options: SpeakSessionOptions) {
    super();
  }

  /** @throws AppError voice.not_found */
  override async admit(): Promise<void> {
    await this.options.requireVoice();
  }

  protected async greet(client: ClientSocket): Promise<void> {
    const { query, speak } = this.options;
    this.running = new SpokenTexts(client, { speak, onIdle: () => this.restartIdle() });
    const { model_uuid, model_info } = deepgramModel(query.model);
    const metadata: SpeakEvent = {
      type: 'Metadata',
      request_id: client.requestId,
      model_name: model_info.name,
      model_version: model_info.version,
      model_uuid,
      additional_model_uuids: [],
    };
    await client.send(metadata);
    this.restartIdle();
  }

  protected async handle(data: Buffer, isBinary: boolean): Promise<void> {
    const { running } = this;
    if (!running || this.isDraining) return;
    this.stopWaiting();
    try {
      await this.answer(running, readMessage(data, isBinary));
    } finally {
      this.restartIdle();
    }
  }

  protected async endRunning(): Promise<void> {
    await this.running?.end();
  }

  private async answer(running: SpokenTexts, message: SpeakMessage): Promise<void> {
    switch (message.type) {
      case 'Speak':
        return running.push(message.text);
      case 'Flush':
        return running.flush();
      case 'Clear':
        return running.clear();
      case 'Close':
        await running.end();
        this.client?.close();
    }
  }

  /** A client that is being spoken to is not idle. */
  private restartIdle(): void {
    if (!this.running?.isIdle) return;
    const text = 'Nothing was sent for too long; send Speak or Close.';
    this.waitFor(this.options.idleMs, new AppError('stream.idle_timeout', text));
  }
}

/** @throws AppError request.invalid naming what is at fault */
function readMessage(data: Buffer, isBinary: boolean): SpeakMessage {
  if (isBinary) throw new AppError('request.invalid', 'A binary frame is no text; send Speak as JSON.');
  return parseRequest(speakMessageSchema, readJson(data));
}
