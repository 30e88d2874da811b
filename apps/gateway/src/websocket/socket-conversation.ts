import type { StreamingConfig } from '@parlance/contracts';
import { toAppError } from '@parlance/errors';
import { atMost } from '@parlance/resilience';
import { FeedbackLedger } from '../live/feedback-ledger.js';
import type { ConversationEvent, LiveConversation } from '../live/live-conversation.js';
import { SPOKEN_FORMAT, spokenConfig, type SpokenFormat } from '../live/spoken-audio.js';
import type { ClientSocket } from './client-socket.js';

/** Inference gives a stream up that is silent for three times as long. */
const KEEP_ALIVE_MS = 10_000;
/** For the last words of a client that has left to become a turn. */
const LAST_WORDS_MS = 10_000;
/** Between two attempts to be recognised again, where the refusal gives no hint. */
const LISTEN_AGAIN_MS = 1_000;

/** What a conversation tells its client by. */
export type SocketClient = Pick<ClientSocket, 'send' | 'report' | 'fail' | 'over'>;

export interface SocketSpeech {
  readonly config: StreamingConfig;
  readonly format: SpokenFormat;
}

/** Speech of an API that leaves no choice but the language. @param language  Whisper's code; empty: detected */
export function plainSpeech(language: string): SocketSpeech {
  return { config: spokenConfig(language), format: SPOKEN_FORMAT };
}

export interface SocketConversationOptions {
  /** What its audio is, and how it is recognised; asked for whenever it begins to listen. */
  readonly speech: () => SocketSpeech;
  /** Records that the client has ended the session. */
  readonly ended: () => Promise<void>;
}

/**
 * A conversation that listens from its begin to its end, for a client of a socket. It is kept alive while nothing is said, goes on
 * where recognition breaks off, and ends with its client.
 */
export abstract class SocketConversation {
  readonly feedback = new FeedbackLedger();
  private readonly begunAt = performance.now();
  private readonly leave = new AbortController();
  private passed: Promise<void> = Promise.resolve();
  private alive: NodeJS.Timeout | undefined;
  private closed: Promise<void> | undefined;
  private listenAgainAt = 0;

  protected constructor(
    readonly session: string,
    protected readonly conversation: LiveConversation,
    protected readonly client: SocketClient,
    private readonly options: SocketConversationOptions,
  ) {}

  /** Begins to listen, and to tell what happens. @throws AppError inference.overloaded, upstream.unavailable, … */
  async begin(): Promise<void> {
    this.follow();
    try {
      await this.listen();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Begins to tell what happens; it listens with the first audio. */
  follow(): void {
    const { conversation, client } = this;
    this.passed = this.pass().catch((error: unknown) => client.fail(error));
    client.over.addEventListener('abort', this.onLeft, { once: true });
    this.alive = setInterval(() => void conversation.keepAlive().catch(() => undefined), KEEP_ALIVE_MS);
  }

  get durationMs(): number {
    return Math.round(performance.now() - this.begunAt);
  }

  /** Resolves when there is room for more. Where recognition has broken off it begins anew; what is said until then is lost.
   *  @param pcm  in the format of the speech
   *  @throws AppError as recognition refuses, once for each attempt */
  async push(pcm: Buffer): Promise<void> {
    if (!this.conversation.isListening && !(await this.listenAgain())) return;
    await this.conversation.push(pcm);
  }

  /** The client has left: its last words still become a turn. Never rejects. */
  async abandon(): Promise<void> {
    this.leave.abort();
    await atMost(
      LAST_WORDS_MS,
      this.conversation.stopSpeech().catch(() => undefined),
    );
    await this.close();
  }

  /** Fires when the client has left, or all is over. */
  protected get left(): AbortSignal {
    return this.leave.signal;
  }

  protected abstract tell(event: ConversationEvent): Promise<void>;

  /** Resolves when what is told beside the events is sent. */
  protected abstract allTold(): Promise<void>;

  /** Recognises what was said to its end and waits for answers and feedback, each within its limit; then all is over. */
  protected async finish(limits: { readonly answerMs: number; readonly feedbackMs: number }): Promise<void> {
    try {
      // Audio that cannot be read takes nothing from what was said before it.
      await this.conversation.stopSpeech().catch((error: unknown) => this.client.report(error));
      if (limits.answerMs > 0) await this.conversation.answered(limits.answerMs);
      await this.feedback.complete(limits.feedbackMs, this.left);
      await this.allTold();
    } finally {
      await this.close();
    }
    await this.options.ended().catch((error: unknown) => this.client.report(error));
  }

  private readonly onLeft = (): void => void this.abandon();

  private close(): Promise<void> {
    return (this.closed ??= this.release());
  }

  private async release(): Promise<void> {
    clearInterval(this.alive);
    this.client.over.removeEventListener('abort', this.onLeft);
    this.leave.abort();
    await this.conversation.close();
    await this.passed;
    await this.allTold();
  }

  private async listenAgain(): Promise<boolean> {
    if (performance.now() < this.listenAgainAt || this.left.aborted) return false;
    try {
      await this.listen();
      return true;
    } catch (error) {
      const { retryAfterSeconds } = toAppError(error);
      this.listenAgainAt = performance.now() + (retryAfterSeconds ?? LISTEN_AGAIN_MS / 1000) * 1000;
      throw error;
    }
  }

  protected listen(): Promise<void> {
    const { config, format } = this.options.speech();
    return this.conversation.startSpeech(config, format);
  }

  private async pass(): Promise<void> {
    for await (const event of this.conversation) await this.tell(event);
  }
}
