import type { Readable } from 'node:stream';
import { AppError } from '@parlance/errors';

/** The messages of a client's stream, one by one: what is not asked for stays with the client. */
export class CallMessages<Message> {
  private readonly messages: AsyncIterator<Message>;
  private readonly ended = Promise.withResolvers<undefined>();

  /** @param idleMs  longest silence of the client, while its next message is waited for
   *  @param signal  ends the waiting with its reason */
  constructor(
    call: Readable,
    private readonly idleMs: number,
    private readonly signal: AbortSignal,
  ) {
    this.messages = call.iterator({ destroyOnReturn: false }) as AsyncIterator<Message>;
  }

  /** @returns undefined where the client has half-closed, or `end` was called
   *  @throws AppError stream.idle_timeout, or the signal's reason */
  async next(): Promise<Message | undefined> {
    const { signal } = this;
    const silence = Promise.withResolvers<never>();
    const stop = (): void => silence.reject(signal.reason);
    const timer = setTimeout(
      () =>
        silence.reject(
          new AppError('stream.idle_timeout', 'Nothing was sent for too long; send audio or a keep-alive.'),
        ),
      this.idleMs,
    );
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const message = this.messages.next().then(({ done, value }) => (done ? undefined : value));
    // It may fail after nobody waits for it any more.
    message.catch(() => undefined);
    try {
      return await Promise.race([message, this.ended.promise, silence.promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Nothing more is wanted. */
  end(): void {
    this.ended.resolve(undefined);
  }

  /** Frees the stream's iterator. */
  close(): void {
    void this.messages.return?.().catch(() => undefined);
  }
}
