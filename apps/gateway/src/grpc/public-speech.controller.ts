import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  AssessResponse__Output,
  RecognizeRequest__Output,
  RecognizeResponse__Output,
} from '@parlance/contracts';
import { errorRow, toAppError } from '@parlance/errors';
import { cancelSignal, failCall, GrpcErrorFilter, traceOf } from '@parlance/rpc';
import { LOGGER, SpanKind, withSpan, type Logger } from '@parlance/telemetry';
import { ApiKeys } from '../auth/api-keys.service.js';
import { TenantSlots } from '../auth/tenant-slots.service.js';
import { draining, OpenCalls, type OpenCall } from '../drain/open-calls.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { RecognitionClient, recognitionModel } from '../recognition/recognition.client.js';
import { RecognizeClient } from '../recognition/recognize.client.js';
import { ForwardedStream, type SpeechCall } from './forwarded-stream.js';

type UnaryCall = ServerUnaryCall<unknown, unknown>;

/** The public API parlance.voice.v1.Speech. The tenant comes from the API key; an identity in the metadata is ignored. */
@Controller()
@UseFilters(GrpcErrorFilter)
export class PublicSpeechController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly slots: TenantSlots,
    private readonly streams: RecognitionClient,
    private readonly recognitions: RecognizeClient,
    private readonly open: OpenCalls,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Raw streams pass no Nest guard or filter, so identity and faults are seen to here; never rejects. */
  @GrpcStreamCall('Speech', 'StreamingRecognize')
  async streamingRecognize(call: SpeechCall): Promise<void> {
    try {
      await this.admitted('Speech/StreamingRecognize', call.metadata, async (tenant) => {
        const stream = new ForwardedStream(call, this.streams, {
          identity: { tenant },
          modelOf: recognitionModel,
          idleMs: this.config.streamIdleMs,
        });
        await this.counted(stream, () => stream.run());
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
      this.unary(call, (signal) => this.recognitions.recognize(this.named(request), { tenant }, signal)),
    );
  }

  @GrpcMethod('Speech', 'Assess')
  assess(
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<AssessResponse__Output> {
    return this.admitted('Speech/Assess', metadata, (tenant) =>
      this.unary(call, (signal) => this.recognitions.assess(this.named(request), { tenant }, signal)),
    );
  }

  private async admitted<T>(
    name: string,
    metadata: Metadata,
    work: (tenant: string) => Promise<T>,
  ): Promise<T> {
    const tenant = this.keys.authenticateHeader(metadata.get('authorization')[0]?.toString());
    const release = this.slots.acquire(tenant);
    try {
      const span = { kind: SpanKind.SERVER, parent: traceOf(metadata), identity: { tenant } };
      return await withSpan(name, span, () => work(tenant));
    } catch (error) {
      const { code } = toAppError(error);
      if (errorRow(code).http >= 500) this.logger.error({ err: error, tenant }, `${name} failed: ${code}`);
      throw error;
    } finally {
      release();
    }
  }

  /** A unary call, ended when its client leaves or a drain cuts it. */
  private async unary<T>(call: UnaryCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const cut = new AbortController();
    const signal = AbortSignal.any([cancelSignal(call), cut.signal]);
    try {
      return await this.counted({ drain: () => undefined, cut: () => cut.abort() }, () => work(signal));
    } catch (error) {
      throw cut.signal.aborted ? draining() : error;
    }
  }

  private async counted<T>(call: OpenCall, work: () => Promise<T>): Promise<T> {
    const leave = this.open.add(call);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  private named(request: RecognizeRequest__Output): RecognizeRequest__Output {
    const { config } = request;
    return config ? { ...request, config: { ...config, model: recognitionModel(config.model) } } : request;
  }
}
