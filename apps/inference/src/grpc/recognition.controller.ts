import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type { AssessResponse, RecognizeRequest__Output, RecognizeResponse } from '@parlance/contracts';
import type { AssessRequest__Output } from '@parlance/contracts/proto/parlance/voice/v1/AssessRequest';
import { GrpcErrorFilter } from '@parlance/rpc';
import { StreamCall, StreamLimits, type SpeechServerCall } from '../streaming/stream-call.js';
import { SpeechStreamService } from '../streaming/speech-stream.service.js';
import { RecordingService } from './recording.service.js';

type UnaryCall = ServerUnaryCall<unknown, unknown>;

/** parlance.voice.v1.Speech */
@Controller()
@UseFilters(GrpcErrorFilter)
export class RecognitionController {
  constructor(
    private readonly streams: SpeechStreamService,
    private readonly recordings: RecordingService,
    private readonly limits: StreamLimits,
  ) {}

  @GrpcStreamCall('Speech', 'StreamingRecognize')
  streamingRecognize(call: SpeechServerCall): Promise<void> {
    return this.streams.serve(new StreamCall(call, this.limits.idleMs));
  }

  @GrpcMethod('Speech', 'Recognize')
  recognize(
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<RecognizeResponse> {
    return this.recordings.recognize(request, metadata, call);
  }

  @GrpcMethod('Speech', 'Assess')
  assess(request: AssessRequest__Output, metadata: Metadata, call: UnaryCall): Promise<AssessResponse> {
    return this.recordings.assess(request, metadata, call);
  }
}
