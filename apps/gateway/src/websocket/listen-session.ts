import { listenControlSchema, type ListenQuery } from '#libs/contracts';
import { AppError } from '#libs/errors';
import type { RecognitionClient } from '../recognition/recognition.client.js';
import type { RecognitionStream } from '../recognition/recognition-stream.js';
import type { ClientSocket } from './client-socket.js';
import type { ConversationFeed } from './conversation-feed.js';
import { draining, type OpenStreams } from '../drain/open-streams.service.js';
import { isDecodedHere, listenEvent, streamingConfig } from './listen-view.js';
import { SpokenAudio } from './spoken-audio.js';

export interface ListenOptions {
  readonly requestId: string;
  readonly tenant: string;
  readonly query: ListenQuery;
  readonly model: string;
  readonly ffmpegPath: string;
  readonly idleMs: number;
  /** How long the client may wait for answers after it has closed its side of the stream. */
  readonly answerMs: number;
}

/** One socket's speech: frames to inference, its events back; in a conversation, finals become turns. */
export class ListenSession {
  private readonly leave = new AbortController();
  private idle: NodeJS.Timeout | undefined;
  private isEnding = false;
  private isDraining = false;
  private audio: SpokenAudio | undefined;

  constructor(
    private readonly client: ClientSocket,
    private readonly recognition: RecognitionClient,
    private readonly streams: OpenStreams,
    private readonly options: ListenOptions,
    private readonly feed: ConversationFeed | undefined,
  ) {}

  /** Runs until the stream has ended, whoever ended it. Never throws: the client is told. */
  async run(): Promise<void> {
    const events = this.feed?.run().catch((error: unknown) => this.client.fail(error));
    try {
      const stream = await this.open();
      this.audio = this.audioInto(stream);
      const leave = this.streams.add({ drain: () => this.drain(stream) });
      try {
        this.listenTo(stream);
        await this.passEvents(stream);
      } finally {
        leave();
      }
      if (this.isDraining) throw draining();
      if (this.feed && !this.client.isClosed) await this.feed.answered(this.options.answerMs);
      this.client.close();
    } catch (error) {
      this.client.fail(error);
    } finally {
      clearTimeout(this.idle);
      this.leave.abort();
      this.audio?.close();
      await this.feed?.close();
      await events;
    }
  }

  private open(): Promise<RecognitionStream> {
    const { query, model, tenant } = this.options;
    const identity = { tenant, ...(this.feed ? { session: this.feed.session } : {}) };
    return this.recognition.open(streamingConfig(query, model), identity, this.leave.signal);
  }

  private audioInto(stream: RecognitionStream): SpokenAudio | undefined {
    const { query, ffmpegPath } = this.options;
    if (!isDecodedHere(query)) return undefined;
    const listener = {
      onPcm: (audio: Buffer) => stream.send({ audio }),
      onFault: (error: unknown) => this.client.fail(error),
    };
    return new SpokenAudio(query, ffmpegPath, listener, query.converse);
  }

  private listenTo(stream: RecognitionStream): void {
    this.restartIdle(stream);
    this.client.listen({
      onFrame: async (data, isBinary) => {
        this.restartIdle(stream);
        if (this.isEnding) return;
        if (isBinary) await (this.audio?.push(data) ?? stream.send({ audio: data }));
        else await this.obey(data, stream);
      },
      // A conversation's last words still become a turn; otherwise nobody is left to hear them.
      onGone: () => (this.feed ? this.end(stream) : stream.cancel()),
    });
  }

  private async obey(data: Buffer, stream: RecognitionStream): Promise<void> {
    const parsed = listenControlSchema.safeParse(jsonOf(data));
    if (!parsed.success)
      throw new AppError(
        'request.invalid',
        'A text frame must be {"type":"Finalize"|"KeepAlive"|"CloseStream"}.',
      );
    switch (parsed.data.type) {
      case 'Finalize':
        return stream.send({ control: 'FINALIZE' });
      case 'KeepAlive':
        return stream.send({ control: 'KEEP_ALIVE' });
      case 'CloseStream':
        return this.end(stream);
    }
  }

  /** Hears out what was said; the client then goes on elsewhere. */
  private drain(stream: RecognitionStream): void {
    this.isDraining = true;
    this.end(stream);
  }

  private end(stream: RecognitionStream): void {
    if (this.isEnding) return;
    this.isEnding = true;
    clearTimeout(this.idle);
    void (this.audio?.end() ?? Promise.resolve())
      .catch((error: unknown) => this.client.fail(error))
      .then(() => stream.end());
  }

  private async passEvents(stream: RecognitionStream): Promise<void> {
    const { requestId } = this.options;
    let { model } = this.options;
    for await (const event of stream) {
      // What the client calls the default has a name of its own.
      if (event.started) ({ model } = event.started);
      const shown = listenEvent(event, { requestId, model, session: this.feed?.session });
      if (shown) await this.client.send(shown);
      if (event.result?.isFinal && this.feed && this.audio) this.feed.take(event.result, this.audio);
    }
  }

  private restartIdle(stream: RecognitionStream): void {
    clearTimeout(this.idle);
    if (this.isEnding) return;
    this.idle = setTimeout(() => {
      this.client.fail(
        new AppError('stream.idle_timeout', 'Nothing was sent for too long; send audio or KeepAlive.'),
      );
      if (!this.feed) stream.cancel();
    }, this.options.idleMs);
  }
}

function jsonOf(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}
