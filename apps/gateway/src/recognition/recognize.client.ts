import { Injectable } from '@nestjs/common';
import type {
  AssessRequest,
  AssessResponse__Output,
  RecognizeRequest,
  RecognizeResponse__Output,
  RequestIdentity,
} from '@parlance/contracts';
import { outsideCall } from '@parlance/resilience';
import { callMetadata } from '@parlance/rpc';
import { InferencePool, isWorthAnotherPod } from './recognition.client.js';

/** Inference's unary calls: a short recording in one message. */
@Injectable()
export class RecognizeClient {
  private readonly recognition = outsideCall({
    name: 'Speech recognition',
    timeoutMs: 120_000,
    attempts: 2,
    isRetryable: isWorthAnotherPod,
    breaker: { failures: 20, halfOpenAfterMs: 500 },
  });

  constructor(private readonly pool: InferencePool) {}

  /** @throws AppError inference's own, or upstream.unavailable */
  recognize(
    request: RecognizeRequest,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<RecognizeResponse__Output> {
    return this.recognition.execute(
      (attempt) =>
        this.pool.call<RecognizeResponse__Output>(
          (client, answer) => client.Recognize(request, callMetadata(identity), answer),
          attempt.signal,
        ),
      signal,
    );
  }

  /** @throws AppError inference's own, or upstream.unavailable */
  assess(
    request: AssessRequest,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<AssessResponse__Output> {
    return this.recognition.execute(
      (attempt) =>
        this.pool.call<AssessResponse__Output>(
          (client, answer) => client.Assess(request, callMetadata(identity), answer),
          attempt.signal,
        ),
      signal,
    );
  }
}
