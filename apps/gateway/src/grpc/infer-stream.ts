import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelStreamInferResponse } from '@parlance/contracts/proto/inference/ModelStreamInferResponse';
import { toAppError, type AppError } from '@parlance/errors';
import { answerEach, onCancelled } from '@parlance/rpc';
import type { OpenCall } from '../drain/open-calls.service.js';

/** A parameter by which a client asks that the last response to a request says that it is the last. */
const FINAL_WANTED = 'triton_enable_empty_final_response';

/** A stream of requests, each of which goes to a pod of its own and is answered in order; a fault of one is told, and the stream goes on. */
export class InferStream implements OpenCall {
  private readonly ended = new AbortController();
  private readonly drained = new AbortController();

  constructor(
    private readonly call: ServerDuplexStream<ModelInferRequest__Output, ModelStreamInferResponse>,
    private readonly infer: (
      request: ModelInferRequest__Output,
      signal: AbortSignal,
    ) => Promise<ModelInferResponse>,
  ) {
    onCancelled(call, () => this.ended.abort());
  }

  drain(): void {
    this.drained.abort();
  }

  cut(fault: AppError): void {
    this.ended.abort(fault);
  }

  /** @throws the fault that it was cut by */
  async run(): Promise<void> {
    const ends = { cut: this.ended.signal, drain: this.drained.signal };
    await answerEach(this.call, ends, (request) => this.answer(request));
  }

  private async answer(request: ModelInferRequest__Output): Promise<ModelStreamInferResponse> {
    const { [FINAL_WANTED]: wanted, ...parameters } = request.parameters;
    try {
      const response = await this.infer({ ...request, parameters }, this.ended.signal);
      const final = { triton_final_response: { boolParam: true } };
      return { inferResponse: wanted?.boolParam ? { ...response, parameters: final } : response };
    } catch (error) {
      const { code, message } = toAppError(error);
      // Its client learns by the id which of its requests it was.
      return { errorMessage: `${code}: ${message}`, inferResponse: { id: request.id } };
    }
  }
}
