import type { ServerDuplexStream } from '@grpc/grpc-js';
import { whenWritable } from '@parlance/resilience';

export interface StreamEnds {
  /** Ends the stream at once, by its reason. */
  readonly cut: AbortSignal;
  /** No further request is read. */
  readonly drain?: AbortSignal;
}

/** Answers the requests of a stream one by one and in order, until its client has sent the last one.
 *  @throws the reason of `cut`, and what `answer` throws */
export async function answerEach<Request, Answer>(
  call: ServerDuplexStream<Request, Answer>,
  { cut, drain }: StreamEnds,
  answer: (request: Request) => Promise<Answer>,
): Promise<void> {
  // The call still has to be ended, whoever stops reading.
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterator<Request>;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const drained = Promise.withResolvers<undefined>();
  const stop = (): void => stopped.reject(cut.reason);
  const leave = (): void => drained.resolve(undefined);
  cut.addEventListener('abort', stop, { once: true });
  drain?.addEventListener('abort', leave, { once: true });
  if (cut.aborted) stop();
  if (drain?.aborted) leave();
  try {
    for (;;) {
      const next = requests.next();
      // It may fail after nobody waits for it any more.
      next.catch(() => undefined);
      const read = await Promise.race([stopped.promise, drained.promise, next]);
      if (read === undefined || read.done) return;
      const isTaken = call.write(await Promise.race([stopped.promise, answer(read.value)]));
      if (!isTaken) await Promise.race([stopped.promise, whenWritable(call)]);
    }
  } finally {
    cut.removeEventListener('abort', stop);
    drain?.removeEventListener('abort', leave);
    void requests.return?.().catch(() => undefined);
  }
}
