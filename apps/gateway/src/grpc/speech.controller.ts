import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  AssessResponse__Output,
  RecognizeRequest__Output,
  RecognizeResponse__Output,
} from '#libs/contracts';
import { failCall, GrpcErrorFilter, traceOf } from '#libs/rpc';
import { SpanKind, withSpan } from '#libs/telemetry';
import { ApiKeys } from '../auth/api-keys.service.js';
import { TenantSlots } from '../auth/tenant-slots.service.js';
import { OpenStreams } from '../drain/open-streams.service.js';
import { recognitionModel } from '../recognition/model-names.js';
import { RecognitionClient } from '../recognition/recognition.client.js';
import { RecognizeClient } from '../recognition/recognize.client.js';
import { ForwardedStream, type SpeechCall } from './forwarded-stream.js';

type UnaryCall = ServerUnaryCall<unknown, unknown>;

/** parlance.voice.v1.Speech at the public door: the caller is who the key says, whatever the metadata claims. */
@Controller()
@UseFilters(GrpcErrorFilter)
export class SpeechDoorController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly slots: TenantSlots,
    private readonly streams: RecognitionClient,
    private readonly recognitions: RecognizeClient,
    private readonly open: OpenStreams,
  ) {}

  /** Raw streams pass no Nest guard or filter, so identity and faults are seen to here; never rejects. */
  @GrpcStreamCall('Speech', 'StreamingRecognize')
  async streamingRecognize(call: SpeechCall): Promise<void> {
    try {
      await this.admitted('Speech/StreamingRecognize', call.metadata, async (tenant) => {
        const stream = new ForwardedStream(call, this.streams, { tenant }, recognitionModel);
        const leave = this.open.add(stream);
        await stream.run().finally(leave);
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
    return this.admitted('Speech/Recognize', metadata, (tenant) =>
      this.recognitions.recognize(this.named(request), { tenant }, cancellation(call)),
    );
  }

  @GrpcMethod('Speech', 'Assess')
  assess(
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<AssessResponse__Output> {
    return this.admitted('Speech/Assess', metadata, (tenant) =>
      this.recognitions.assess(this.named(request), { tenant }, cancellation(call)),
    );
  }

  private async admitted<T>(
    name: string,
    metadata: Metadata,
    work: (tenant: string) => Promise<T>,
  ): Promise<T> {
    const tenant = this.keys.authenticateHeader(metadata.get('authorization')[0]?.toString());
    const release = this.slots.take(tenant);
    try {
      const span = { kind: SpanKind.SERVER, parent: traceOf(metadata), identity: { tenant } };
      return await withSpan(name, span, () => work(tenant));
    } finally {
      release();
    }
  }

  private named(request: RecognizeRequest__Output): RecognizeRequest__Output {
    const { config } = request;
    return config ? { ...request, config: { ...config, model: recognitionModel(config.model) } } : request;
  }
}

function cancellation(call: UnaryCall): AbortSignal {
  const abort = new AbortController();
  call.on('cancelled', () => abort.abort());
  return abort.signal;
}
