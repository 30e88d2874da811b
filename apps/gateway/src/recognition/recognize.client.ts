import { Inject, Injectable } from '@nestjs/common';
import type { Metadata, ServiceError } from '@grpc/grpc-js';
import type {
  AssessResponse__Output,
  RecognizeRequest,
  RecognizeResponse__Output,
  RequestIdentity,
  SpeechClient,
} from '@parlance/contracts';
import { fromGrpcError } from '@parlance/errors';
import { outsideCall } from '@parlance/resilience';
import { callMetadata, GrpcClientPool } from '@parlance/rpc';
import { INFERENCE_POOL, isWorthAnotherPod } from './recognition.client.js';

type Answer<T> = (error: ServiceError | null, response?: T) => void;

/** Inference's unary calls: a short recording in one message. */
@Injectable()
export class RecognizeClient {
  private readonly call = outsideCall({
    name: 'Speech recognition',
    timeoutMs: 120_000,
    attempts: 2,
    isRetryable: isWorthAnotherPod,
    breaker: { failures: 20, halfOpenAfterMs: 500 },
  });

  constructor(@Inject(INFERENCE_POOL) private readonly pool: GrpcClientPool<SpeechClient>) {}

  /** @throws AppError inference's own, or upstream.unavailable */
  recognize(
    request: RecognizeRequest,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<RecognizeResponse__Output> {
    return this.unary(
      (client, metadata, answer: Answer<RecognizeResponse__Output>) =>
        client.Recognize(request, metadata, answer),
      identity,
      signal,
    );
  }

  /** @throws AppError inference's own, or upstream.unavailable */
  assess(
    request: RecognizeRequest,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<AssessResponse__Output> {
    return this.unary(
      (client, metadata, answer: Answer<AssessResponse__Output>) => client.Assess(request, metadata, answer),
      identity,
      signal,
    );
  }

  private unary<T>(
    start: (client: SpeechClient, metadata: Metadata, answer: Answer<T>) => { cancel(): void },
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.call.execute(async (attempt) => {
      const lease = await this.pool.pick(attempt.signal);
      return new Promise<T>((resolve, reject) => {
        const call = start(lease.client, callMetadata(identity), (error, response) => {
          attempt.signal.removeEventListener('abort', cancel);
          lease.release();
          if (error) reject(fromGrpcError(error));
          else resolve(response as T);
        });
        const cancel = (): void => call.cancel();
        attempt.signal.addEventListener('abort', cancel, { once: true });
      });
    }, signal);
  }
}
