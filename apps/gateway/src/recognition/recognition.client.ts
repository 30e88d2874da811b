import { Inject, Injectable } from '@nestjs/common';
import type { RequestIdentity, SpeechClient, StreamingConfig } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';
import { outsideCall } from '@parlance/resilience';
import { callMetadata, GrpcClientPool } from '@parlance/rpc';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { RecognitionStream } from './recognition-stream.js';

/** A pod may load the model first, which it does within 30 s (PARLANCE_MODEL_WAIT_MS) or refuses. */
const ADMISSION_LIMIT_MS = 35_000;

/** Whether another pod may have what this one has not. A model that was waited for in vain is told to the client. */
export function isWorthAnotherPod(error: unknown): boolean {
  return isAppError(error) ? error.retryable && error.code !== 'model.loading' : true;
}

/** The inference pods. */
@Injectable()
export class InferencePool extends GrpcClientPool<SpeechClient> {
  constructor(@Inject(GATEWAY_CONFIG) { recognition }: Pick<GatewayConfig, 'recognition'>) {
    super('voice', recognition);
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
      const stream = new RecognitionStream(call, () => lease.release());
      const giveUp = (): void => stream.cancel();
      attempt.signal.addEventListener('abort', giveUp, { once: true });
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
        attempt.signal.removeEventListener('abort', giveUp);
      }
    }, signal);
  }
}
