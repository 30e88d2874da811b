import type { ClientDuplexStream } from '@grpc/grpc-js';
import type {
  StreamingRecognizeRequest,
  StreamingRecognizeResponse,
  StreamingRecognizeResponse__Output,
} from '@parlance/contracts';
import { AppError, fromGrpcError } from '@parlance/errors';
import { whenWritable } from '@parlance/resilience';

type SpeechCall = ClientDuplexStream<StreamingRecognizeRequest, StreamingRecognizeResponse__Output>;
export type RecognitionEvent = StreamingRecognizeResponse__Output;
export type { StreamingRecognizeResponse };

/** One open StreamingRecognize call: audio in at the pace it is taken, events out. Iterate once. */
export class RecognitionStream implements AsyncIterable<RecognitionEvent> {
  private readonly events: AsyncIterator<RecognitionEvent>;
  private first: Promise<IteratorResult<RecognitionEvent>> | undefined;
  private hasStarted = false;
  private isOver = false;
  private isHalfClosed = false;

  /** @param release  called once when the call has ended, however it did */
  constructor(
    private readonly call: SpeechCall,
    release: () => void,
  ) {
    // The iterator reports faults; without a listener an early one would end the process.
    call.on('error', () => undefined);
    call.once('status', () => {
      this.isOver = true;
      release();
    });
    this.events = call[Symbol.asyncIterator]() as AsyncIterator<RecognitionEvent>;
  }

  /** Resolves when the server has admitted the stream. Its first event is given to the iterator all the same. */
  async started(): Promise<void> {
    this.first ??= this.events.next();
    try {
      await this.first;
      this.hasStarted = true;
    } catch (error) {
      throw this.faultOf(error);
    }
  }

  /** Resolves when there is room for more. What is sent behind the end is dropped: the iterator says why it ended. */
  async send(request: StreamingRecognizeRequest): Promise<void> {
    if (this.isOver || this.isHalfClosed || this.call.write(request)) return;
    await whenWritable(this.call);
  }

  /** No more audio; the last finals and the summary follow. */
  end(): void {
    this.isHalfClosed = true;
    if (!this.isOver) this.call.end();
  }

  /** Gives up: the server frees what it holds for this stream. */
  cancel(): void {
    this.call.cancel();
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecognitionEvent> {
    try {
      for (;;) {
        const next = await (this.first ?? this.events.next());
        this.first = undefined;
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      throw this.faultOf(error);
    } finally {
      if (!this.isOver) this.call.cancel();
    }
  }

  private faultOf(error: unknown): AppError {
    return fromGrpcError(error, this.hasStarted ? 'inference.interrupted' : 'upstream.unavailable');
  }
}
