import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@parlance/messaging';
import { PersistenceModule } from '@parlance/persistence';
import { LoggerModule, OpsController, Readiness, type Logger } from '@parlance/telemetry';
import { ApiKeys } from './auth/api-keys.service.js';
import { TenantSlots } from './auth/tenant-slots.service.js';
import { OpenCalls } from './drain/open-calls.service.js';
import { GatewayReadiness } from './gateway-readiness.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { PublicSpeechController } from './grpc/public-speech.controller.js';
import { ModelsController } from './http/models.controller.js';
import { AudioSpeechController } from './http/audio-speech.controller.js';
import { TranscriptionController } from './http/transcription.controller.js';
import { TranscriptionService } from './http/transcription.service.js';
import { TurnRequestService } from './http/turn-request.service.js';
import { TurnsController } from './http/turns.controller.js';
import { VoicesController } from './http/voices.controller.js';
import { DecoderService } from './media/decoder.service.js';
import { HeldMemory } from './media/held-memory.js';
import { InferencePool, RecognitionClient } from './recognition/recognition.client.js';
import { RecognitionService } from './recognition/recognition.service.js';
import { RecognizeClient } from './recognition/recognize.client.js';
import { SpeechSynthesisClient, SynthesisPool } from './synthesis/synthesis.client.js';
import { VoicesService } from './synthesis/voices.service.js';
import { RecordingStore } from './turns/recording-store.js';
import { TurnAudioService } from './turns/turn-audio.service.js';
import { TurnService } from './turns/turn.service.js';
import { ListenGateway } from './websocket/listen.gateway.js';
import { ListenSessions } from './websocket/listen-sessions.service.js';

/** The public APIs and what they are made of. */
@Module({})
export class AppModule {
  static forRoot(config: GatewayConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(logger),
        MessagingModule.forRoot({ ...config.messaging, name: 'gateway' }),
        PersistenceModule.forRoot({ ...config.store, name: 'gateway' }),
      ],
      controllers: [
        OpsController,
        TranscriptionController,
        AudioSpeechController,
        ModelsController,
        VoicesController,
        TurnsController,
        PublicSpeechController,
      ],
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: Readiness, useClass: GatewayReadiness },
        ApiKeys,
        TenantSlots,
        OpenCalls,
        HeldMemory,
        DecoderService,
        InferencePool,
        RecognitionClient,
        RecognitionService,
        RecognizeClient,
        SynthesisPool,
        SpeechSynthesisClient,
        VoicesService,
        RecordingStore,
        TurnService,
        TurnAudioService,
        TranscriptionService,
        TurnRequestService,
        ListenSessions,
        ListenGateway,
      ],
    };
  }
}
