import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js';
import type { StreamingRecognizeRequest__Output, StreamingRecognizeResponse } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { whenWritable } from '@parlance/resilience';
import { failCall } from '@parlance/rpc';

export type SpeechServerCall = ServerDuplexStream<
  StreamingRecognizeRequest__Output,
  StreamingRecognizeResponse
>;

/** Bounds of one stream. */
export class StreamLimits {
  constructor(
    /** Longest silence of the client on the wire (not in the audio), milliseconds. */
    readonly idleMs: number,
  ) {}
}

/**
 * A client's bidirectional call, pulled one message at a time: what is not pulled stays in HTTP/2's flow-control window
 * and, once that is full, with the client.
 */
export class StreamCall {
  private readonly abort = new AbortController();
  private fault: unknown;
  private ended = false;
  private wake: () => void = () => undefined;

  /** @param idleLimitMs  longest wait for a message */
  constructor(
    private readonly call: SpeechServerCall,
    private readonly idleLimitMs: number,
  ) {
    call.on('readable', () => this.wake());
    call.on('end', () => {
      this.ended = true;
      this.wake();
    });
    const leave = (): void => this.stop(new AppError('request.cancelled', 'The client has gone.'));
    call.on('cancelled', leave);
    // A call that was reset before this emits no event any more.
    if (call.cancelled) leave();
  }

  get metadata(): Metadata {
    return this.call.metadata;
  }

  /** Aborts when the results are no longer wanted. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** The client does not read as fast as we write. */
  get isCongested(): boolean {
    return this.call.writableNeedDrain;
  }

  /**
   * The next message; undefined after the client has half-closed.
   * @throws AppError stream.idle_timeout, request.cancelled, and what `stop` was given
   */
  async read(): Promise<StreamingRecognizeRequest__Output | undefined> {
    for (;;) {
      if (this.fault) throw this.fault;
      const message = this.call.read() as StreamingRecognizeRequest__Output | null;
      if (message) return message;
      if (this.ended) return undefined;
      await this.untilWoken();
    }
  }

  /** The audio of what is still to come, message by message: a recording's bytes; controls mean nothing in it. */
  async *audio(): AsyncGenerator<Uint8Array> {
    for (let message = await this.read(); message; message = await this.read()) {
      if (message.payload === 'config') throw configRepeated();
      if (message.payload === 'audio' && message.audio) yield message.audio;
    }
  }

  /** @throws what `stop` was given: the results are no longer wanted */
  assertWanted(): void {
    if (this.abort.signal.aborted) throw this.fault;
  }

  /** Resolves when the message is on its way or the client takes no more for now, at most so many are held. */
  async send(response: StreamingRecognizeResponse): Promise<void> {
    if (this.abort.signal.aborted) return;
    if (this.call.write(response)) return;
    await whenWritable(this.call, this.abort.signal);
  }

  sendMetadata(metadata: Metadata): void {
    this.call.sendMetadata(metadata);
  }

  /** Makes the reader throw `fault` and cancels all work under `signal`. */
  stop(fault: unknown): void {
    this.fault ??= fault;
    this.abort.abort();
    this.wake();
  }

  /** Makes the reader throw `fault`; work in progress continues. */
  interrupt(fault: unknown): void {
    this.fault ??= fault;
    this.wake();
  }

  /** Why the call ends: by what it was stopped, where the work under `signal` only tells that it was cancelled. */
  reasonOf(error: unknown): unknown {
    return this.abort.signal.aborted ? this.fault : error;
  }

  end(trailers: Metadata): void {
    this.call.end(trailers);
  }

  fail(error: unknown): void {
    if (!this.call.cancelled) failCall(this.call, error);
  }

  private async untilWoken(): Promise<void> {
    const idle = setTimeout(
      () =>
        this.interrupt(
          new AppError(
            'stream.idle_timeout',
            'Nothing was sent for too long; send audio or CONTROL_KEEP_ALIVE.',
          ),
        ),
      this.idleLimitMs,
    );
    await new Promise<void>((resolve) => (this.wake = resolve));
    clearTimeout(idle);
  }
}

/** What a second configuration in a stream is answered by. */
export function configRepeated(): AppError {
  return new AppError('stream.config_repeated', 'The configuration may be sent once, first.');
}
