/** What every kind of grpc-js' server calls has. */
interface ServerCall {
  readonly cancelled: boolean;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** Calls the listener when the client has left its call, also where it left before. */
export function onCancelled(call: ServerCall, listener: () => void): void {
  call.on('cancelled', listener);
  // A call that was reset before it came here says so no more.
  if (call.cancelled) listener();
}

/** Fires when the client has left its call. */
export function cancelSignal(call: ServerCall): AbortSignal {
  const left = new AbortController();
  onCancelled(call, () => left.abort());
  return left.signal;
}
