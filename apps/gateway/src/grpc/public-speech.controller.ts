import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  AssessRequest__Output,
  AssessResponse__Output,
  RecognizeRequest__Output,
  RecognizeResponse__Output,
} from '@parlance/contracts';
import { failCall, GrpcErrorFilter } from '@parlance/rpc';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { recognitionModel } from '../recognition/openai-models.config.js';
import { RecognitionClient } from '../recognition/recognition.client.js';
import { RecognizeClient } from '../recognition/recognize.client.js';
import { Quotas } from '../quotas/quotas.service.js';
import { GrpcCallers, type UnaryCall } from './grpc-callers.service.js';
import { ForwardedStream, type SpeechCall } from './forwarded-stream.js';

/** The public API parlance.voice.v1.Speech. The tenant comes from the API key or access token; an identity in the metadata is ignored. */
@Controller()
@UseFilters(GrpcErrorFilter)
export class PublicSpeechController {
  constructor(
    private readonly callers: GrpcCallers,
    private readonly streams: RecognitionClient,
    private readonly recognitions: RecognizeClient,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Raw streams pass no Nest guard or filter, so identity and faults are seen to here; never rejects. */
  @GrpcStreamCall('Speech', 'StreamingRecognize')
  async streamingRecognize(call: SpeechCall): Promise<void> {
    try {
      await this.callers.admitted('Speech/StreamingRecognize', call.metadata, async (caller) => {
        const stream = new ForwardedStream(call, this.streams, {
          identity: { tenant: caller.tenant },
          modelOf: (name) => this.modelOf(name),
          idleMs: this.config.streamIdleMs,
          meter: await this.quotas.openAudio(caller),
        });
        await this.callers.streamed(caller, stream, () => stream.run());
      });
      call.end();
    } catch (error) {
      if (!call.cancelled) failCall(call, error);
    }
  }

  @GrpcMethod('Speech', 'Recognize')
  recognize(
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<RecognizeResponse__Output> {
    return this.callers.admitted('Speech/Recognize', metadata, async (caller) => {
      await this.quotas.require(caller, ['audio']);
      const { tenant } = caller;
      const answer = await this.callers.unary(call, (signal) =>
        this.recognitions.recognize(this.named(request), { tenant }, signal),
      );
      this.quotas.count(caller, { audioMs: answer.audioMs });
      return answer;
    });
  }

  @GrpcMethod('Speech', 'Assess')
  assess(
    request: AssessRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<AssessResponse__Output> {
    return this.callers.admitted('Speech/Assess', metadata, async (caller) => {
      await this.quotas.require(caller, ['audio']);
      const { tenant } = caller;
      const answer = await this.callers.unary(call, (signal) =>
        this.recognitions.assess(this.named(request), { tenant }, signal),
      );
      this.quotas.count(caller, { audioMs: answer.recognition?.audioMs ?? 0 });
      return answer;
    });
  }

  private named<T extends RecognizeRequest__Output>(request: T): T {
    const { config } = request;
    return config ? { ...request, config: { ...config, model: this.modelOf(config.model) } } : request;
  }

  private modelOf(name: string): string {
    return recognitionModel(this.config.recognition.openAiModels, name);
  }
}
