/** What a Node stream and a gRPC call have in common. */
interface Emitter {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** `status` ends a gRPC call at its client. */
const EVENTS = ['drain', 'close', 'status'] as const;

/** Waits where a `write` has returned false.
 *  @param signal ends the wait as well
 *  @returns resolves when the stream takes more, or never will: it has closed, or the signal has fired */
export function whenWritable(stream: Emitter, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stopWaiting = (): void => {
      for (const event of EVENTS) stream.off(event, stopWaiting);
      signal?.removeEventListener('abort', stopWaiting);
      resolve();
    };
    if (signal?.aborted) return resolve();
    for (const event of EVENTS) stream.on(event, stopWaiting);
    signal?.addEventListener('abort', stopWaiting);
  });
}
