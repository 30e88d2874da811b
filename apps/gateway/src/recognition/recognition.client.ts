import type { ClientDuplexStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type {
  RequestIdentity,
  SpeechClient,
  StreamingConfig,
  StreamingRecognizeRequest,
  StreamingRecognizeResponse__Output,
} from '@parlance/contracts';
import { AppError, fromGrpcError, isAppError } from '@parlance/errors';
import { outsideCall, whenWritable } from '@parlance/resilience';
import { callMetadata, GrpcClientPool, watchedCertificates, type Lease } from '@parlance/rpc';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { LiveStream } from './live-stream.js';
import { ScaleUp } from './scale-up.client.js';

/** A pod may load the model first, which it does within 30 s (PARLANCE_MODEL_WAIT_MS) or refuses. */
const ADMISSION_LIMIT_MS = 35_000;

/** Whether another pod may succeed. A model that did not load in time is reported to the client. */
export function isWorthAnotherPod(error: unknown): boolean {
  return isAppError(error) ? error.retryable && error.code !== 'model.loading' : true;
}

/** The inference pods. */
@Injectable()
export class InferencePool extends GrpcClientPool<SpeechClient> {
  constructor(
    @Inject(GATEWAY_CONFIG) config: Pick<GatewayConfig, 'recognition' | 'mutualTls' | 'tlsReloadMs'>,
    @Inject(LOGGER) logger: Logger,
  ) {
    const certificates = watchedCertificates(config.mutualTls, config.tlsReloadMs, logger);
    const scaleUp = new ScaleUp(config.recognition.scaleUpUrl, logger);
    super('voice', { ...config.recognition, certificates, logger, onWaiting: () => scaleUp.ask() });
  }
}

/** Opens recognition streams on whichever inference pod has room. */
@Injectable()
export class RecognitionClient {
  private readonly admission = outsideCall({
    name: 'Speech recognition',
    timeoutMs: ADMISSION_LIMIT_MS,
    attempts: 3,
    isRetryable: isWorthAnotherPod,
    breaker: { failures: 20, halfOpenAfterMs: 500 },
  });

  constructor(private readonly pool: InferencePool) {}

  /**
   * Opens a stream and waits until a pod has admitted it; a pod that is full or gone is not the last one asked.
   * @throws AppError inference.overloaded, model.not_found, request.invalid, upstream.unavailable, …
   */
  async open(
    config: StreamingConfig,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<RecognitionStream> {
    return this.admission.execute(async (attempt) => {
      const lease = await this.pool.pick(attempt.signal);
      const call = lease.client.StreamingRecognize(callMetadata(identity));
      const stream = new RecognitionStream(call, lease);
      const cancel = (): void => stream.cancel();
      attempt.signal.addEventListener('abort', cancel, { once: true });
      try {
        await stream.send({ config });
        await stream.started();
        // Nobody would end a stream that is admitted just after its caller has left.
        attempt.signal.throwIfAborted();
        return stream;
      } catch (error) {
        stream.cancel();
        throw error;
      } finally {
        attempt.signal.removeEventListener('abort', cancel);
      }
    }, signal);
  }
}

type ClientCall = ClientDuplexStream<StreamingRecognizeRequest, StreamingRecognizeResponse__Output>;

/** One open StreamingRecognize call: audio in at the pace it is taken, events out. Iterate once. */
export class RecognitionStream implements LiveStream {
  private readonly events: AsyncIterator<StreamingRecognizeResponse__Output>;
  private first: Promise<IteratorResult<StreamingRecognizeResponse__Output>> | undefined;
  private hasStarted = false;
  private isOver = false;
  private isHalfClosed = false;

  /** @param lease  of the pod; released once the call has ended, however it did */
  constructor(
    private readonly call: ClientCall,
    lease: Pick<Lease<SpeechClient>, 'release'>,
  ) {
    // The iterator reports faults; without a listener an early one would end the process.
    call.on('error', () => undefined);
    call.once('status', () => {
      this.isOver = true;
      lease.release();
    });
    this.events = call[Symbol.asyncIterator]() as AsyncIterator<StreamingRecognizeResponse__Output>;
  }

  /** Resolves when the server has admitted the stream. The iterator still yields its first event. */
  async started(): Promise<void> {
    this.first ??= this.events.next();
    try {
      await this.first;
      this.hasStarted = true;
    } catch (error) {
      throw this.faultOf(error);
    }
  }

  /** Resolves when there is room for more. Requests sent after the end are dropped; the iterator reports why the stream ended. */
  async send(request: StreamingRecognizeRequest): Promise<void> {
    if (this.isOver || this.isHalfClosed || this.call.write(request)) return;
    await whenWritable(this.call);
  }

  /** No more audio; the last finals and the summary follow. */
  end(): void {
    this.isHalfClosed = true;
    if (!this.isOver) this.call.end();
  }

  /** Cancels the call: the server frees what it holds for this stream. */
  cancel(): void {
    this.call.cancel();
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamingRecognizeResponse__Output> {
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
