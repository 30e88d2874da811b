import { Module, type DynamicModule } from '@nestjs/common';
import { InferenceRuntime } from '@parlance/onnx';
import { HealthStatus } from '@parlance/rpc';
import { LoggerModule, Readiness, type Logger } from '@parlance/telemetry';
import { VoiceActivityService } from '@parlance/vad';
import { UtteranceRecognizer } from '@parlance/whisper';
import { AdmissionService } from './admission/admission.service.js';
import { Assessor } from './assessment/assessor.service.js';
import { RecordingRater } from './assessment/recording-rater.service.js';
import { RelevanceJudge } from './assessment/relevance.service.js';
import { LiveCapacityService } from './admission/live-capacity.service.js';
import { RecordingService } from './grpc/recording.service.js';
import { RecognitionController } from './grpc/recognition.controller.js';
import type { InferenceConfig } from './inference.config.js';
import { admissionMetrics, recognitionObserver } from './inference-metrics.js';
import { ReadinessService } from './readiness.service.js';
import { OpenInferenceController } from './oip/open-inference.controller.js';
import { OpenInferenceService } from './oip/open-inference.service.js';
import { RecognitionModule } from './recognition.module.js';
import { EndOfTurnService } from './streaming/end-of-turn.service.js';
import { RecordingRecognizer } from './streaming/recording-recognizer.service.js';
import { SpeechStreamService } from './streaming/speech-stream.service.js';
import { StreamLimits } from './streaming/stream-call.js';

/** The inference service: two gRPC APIs over one recogniser, health and metrics over HTTP. */
@Module({})
export class AppModule {
  static with(config: InferenceConfig, logger: Logger, health: HealthStatus): DynamicModule {
    const { runtime, catalog, registry, maxRecordingSeconds } = config;
    const recognition = RecognitionModule.with({
      runtime,
      catalog,
      registry,
      recognizer: { maxRecordingSeconds },
      observer: recognitionObserver(logger),
    });
    const readiness: DynamicModule = {
      module: ReadinessModule,
      imports: [recognition],
      providers: [
        { provide: HealthStatus, useValue: health },
        {
          provide: AdmissionService,
          useFactory: () => new AdmissionService(config.admission, admissionMetrics),
        },
        {
          provide: LiveCapacityService,
          useFactory: (recognizer: UtteranceRecognizer, admission: AdmissionService) =>
            new LiveCapacityService(recognizer, admission, {
              fixed: config.admission.liveStreams,
              threads: runtime.workers * runtime.intraOpThreads,
            }),
          inject: [UtteranceRecognizer, AdmissionService],
        },
        ReadinessService,
      ],
      exports: [recognition, AdmissionService, LiveCapacityService, ReadinessService],
    };
    return {
      module: AppModule,
      imports: [LoggerModule.forRoot(logger), readiness],
      controllers: [RecognitionController, OpenInferenceController],
      providers: [
        { provide: Readiness, useExisting: ReadinessService },
        SpeechStreamService,
        EndOfTurnService,
        RecordingService,
        Assessor,
        RecordingRater,
        RelevanceJudge,
        OpenInferenceService,
        { provide: StreamLimits, useValue: new StreamLimits(config.streamIdleMs) },
        {
          provide: VoiceActivityService,
          useFactory: (service: InferenceRuntime) => new VoiceActivityService(service),
          inject: [InferenceRuntime],
        },
        RecordingRecognizer,
      ],
    };
  }
}

@Module({})
class ReadinessModule {}
