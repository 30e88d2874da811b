import {
  STREAM_INPUT_RATE_HZ,
  STREAM_MAX_FRAME_MS,
  STREAM_TOKEN_LIMIT_MS,
  streamMessageSchema,
  type StreamEvent,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { parseRequest } from '../../http/request-fields.js';
import { assertSamples, readJson, type ClientSocket } from '../client-socket.js';
import { MessageSession } from '../message-session.js';
import type { StreamConversation } from './stream-conversation.js';

const MAX_TOKEN_BYTES = 8_192;

export interface StreamOptions {
  readonly idleMs: number;
  /** Finds the caller by its token, and begins to listen. @throws AppError auth.invalid_token, quota.exceeded, … */
  readonly begin: (token: string, client: ClientSocket) => Promise<StreamConversation>;
}

/** One socket of `/v1/stream`: a token, then audio, then a report. Any fault of the client's ends it. */
export class StreamSession extends MessageSession<StreamConversation> {
  private isEnding = false;

  constructor(private readonly options: StreamOptions) {
    super();
  }

  protected async greet(): Promise<void> {
    const text = `No token came within ${STREAM_TOKEN_LIMIT_MS} ms: it must be the first message.`;
    this.waitFor(STREAM_TOKEN_LIMIT_MS, new AppError('auth.missing_token', text));
  }

  protected async handle(data: Buffer, isBinary: boolean): Promise<void> {
    if (this.isEnding || this.isDraining) return;
    this.stopWaiting();
    if (!this.running) await this.begin(data, isBinary);
    else if (isBinary) await this.push(this.running, data);
    else {
      parseRequest(streamMessageSchema, readJson(data));
      await this.endRunning();
      return this.client?.close();
    }
    const silence = new AppError('stream.idle_timeout', 'Nothing was sent for too long; send audio or end.');
    this.waitFor(this.options.idleMs, silence);
  }

  private async begin(data: Buffer, isBinary: boolean): Promise<void> {
    const { client } = this;
    if (!client) return;
    if (isBinary)
      throw new AppError('auth.missing_token', 'The first message must be the token, as a text frame.');
    if (data.length > MAX_TOKEN_BYTES)
      throw new AppError('auth.invalid_token', 'The first message is too long for a token.');
    this.running = await this.options.begin(data.toString('utf8').trim(), client);
    await this.send({ type: 'ready', session_id: this.running.session, request_id: client.requestId });
  }

  private async push(running: StreamConversation, pcm: Buffer): Promise<void> {
    assertSamples(pcm, STREAM_MAX_FRAME_MS, STREAM_INPUT_RATE_HZ);
    try {
      await running.push(pcm);
    } catch (error) {
      // Recognition is gone for now: the client is told, and may go on.
      await this.client?.report(error);
    }
  }

  protected async endRunning(): Promise<void> {
    if (this.isEnding || !this.running) return;
    this.isEnding = true;
    await this.send(await this.running.end());
  }

  private async send(event: StreamEvent): Promise<void> {
    await this.client?.send(event);
  }
}
