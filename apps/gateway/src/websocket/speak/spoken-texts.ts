import type { SpeakEvent } from '@parlance/contracts';
import { AppError, toAppError, type ErrorCode } from '@parlance/errors';
import type { ClientSocket } from '../client-socket.js';
import { TextBuffer } from './text-buffer.js';

/** Characters that may wait to be spoken, those of the buffer included. */
const MOST_WAITING = 20_000;
/** Parts and flushes that may wait: a flush has no characters that would be counted. */
const MOST_TASKS = 1_000;
/** Faults of a text; the client is told, and other texts are still spoken. */
const OF_TEXT: ReadonlySet<string> = new Set<ErrorCode>([
  'request.invalid',
  'speech.text_too_long',
  'speech.unsupported_script',
  'speech.ssml_unsupported',
]);

/** What texts are told and sent to their client by. */
export type SpeakClient = Pick<ClientSocket, 'send' | 'sendBinary' | 'fail'>;

export interface SpokenTextsOptions {
  /** Speaks a text. @throws AppError of the text, and of synthesis */
  readonly speak: (text: string, signal: AbortSignal) => Promise<AsyncIterable<Buffer>>;
  /** Called when nothing waits to be spoken any more. */
  readonly onIdle: () => void;
}

type Task = { readonly text: string } | { readonly flushed: true };

/** The texts of one socket of `/v1/speak`: spoken one after the other, their audio sent as it is made. */
export class SpokenTexts {
  private readonly buffer = new TextBuffer();
  private tasks: Task[] = [];
  private waiting = 0;
  private sequence = 0;
  private stop = new AbortController();
  private working: Promise<void> | undefined;
  private isOver = false;

  constructor(
    private readonly client: SpeakClient,
    private readonly options: SpokenTextsOptions,
  ) {}

  /** Whether nothing is being spoken. */
  get isIdle(): boolean {
    return this.working === undefined;
  }

  /** A part of a text. Whole sentences are spoken at once. */
  async push(text: string): Promise<void> {
    if (this.waiting + this.buffer.length + text.length > MOST_WAITING) {
      const description = `${MOST_WAITING} characters may wait to be spoken; send this text again later.`;
      return this.warn(new AppError('speech.text_too_long', description));
    }
    this.enqueue(this.buffer.push(text));
  }

  /** All of it is spoken, and the client is told behind its audio. */
  async flush(): Promise<void> {
    if (this.tasks.length >= MOST_TASKS)
      return this.warn(
        new AppError('request.rate_limited', 'Too much waits to be flushed; flush again later.'),
      );
    this.enqueue(this.buffer.flush());
    this.start({ flushed: true });
  }

  /** Nothing so far is spoken any more. Resolves when the client is told. */
  async clear(): Promise<void> {
    this.buffer.flush();
    await this.cancel();
    await this.tell({ type: 'Cleared', sequence_id: this.sequence++ });
  }

  /** Resolves when all of it is spoken. */
  async end(): Promise<void> {
    this.enqueue(this.buffer.flush());
    await this.working;
  }

  /** The client has left. Never rejects. */
  async abandon(): Promise<void> {
    this.isOver = true;
    await this.cancel();
  }

  private async cancel(): Promise<void> {
    this.tasks = [];
    this.waiting = 0;
    this.stop.abort();
    await this.working;
    this.stop = new AbortController();
  }

  private enqueue(parts: readonly string[]): void {
    for (const text of parts) {
      this.waiting += text.length;
      this.start({ text });
    }
  }

  private start(task: Task): void {
    if (this.isOver) return;
    this.tasks.push(task);
    this.working ??= this.work();
  }

  /** Never rejects. */
  private async work(): Promise<void> {
    const { signal } = this.stop;
    try {
      for (let task = this.tasks.shift(); task; task = this.tasks.shift()) {
        if ('text' in task) await this.speak(task.text, signal);
        else await this.tell({ type: 'Flushed', sequence_id: this.sequence++ });
      }
    } catch (error) {
      this.tasks = [];
      if (!signal.aborted) this.client.fail(error);
    } finally {
      // At once: a task that comes now must not wait for work that has ended.
      this.working = undefined;
      this.options.onIdle();
    }
  }

  private async speak(text: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const audio of await this.options.speak(text, signal)) {
        if (signal.aborted) return;
        await this.client.sendBinary(audio);
      }
    } catch (error) {
      if (signal.aborted) return;
      const fault = toAppError(error);
      if (!OF_TEXT.has(fault.code)) throw error;
      await this.warn(fault);
    } finally {
      this.waiting = Math.max(0, this.waiting - text.length);
    }
  }

  private async warn({ code, message }: AppError): Promise<void> {
    await this.tell({ type: 'Warning', description: message, code });
  }

  private async tell(event: SpeakEvent): Promise<void> {
    await this.client.send(event);
  }
}
