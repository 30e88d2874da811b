import { type DynamicModule, Module } from '@nestjs/common';
import type { SpeechClient, SynthesisClient } from '@parlance/contracts';
import { MessageBus, MessagingModule, s3OptionsFrom } from '@parlance/messaging';
import { PersistenceModule, StoreConnection } from '@parlance/persistence';
import { GrpcClientPool } from '@parlance/rpc';
import { type Logger, LoggerModule, OpsModule } from '@parlance/telemetry';
import { ApiKeys } from './auth/api-keys.service.js';
import { TenantSlots } from './auth/tenant-slots.service.js';
import { OpenCalls } from './drain/open-calls.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { SpeechDoorController } from './grpc/speech.controller.js';
import { ModelsController } from './http/models.controller.js';
import { VoicesController } from './http/voices.controller.js';
import { SpeechController } from './http/speech.controller.js';
import { TranscriptionController } from './http/transcription.controller.js';
import { TranscriptionService } from './http/transcription.service.js';
import { TurnRequestService } from './http/turn-request.service.js';
import { TurnsController } from './http/turns.controller.js';
import { DecoderService, type DecoderLimits } from './media/decoder.service.js';
import { HeldMemory } from './media/held-memory.js';
import { INFERENCE_POOL, RecognitionClient } from './recognition/recognition.client.js';
import { RecognitionService } from './recognition/recognition.service.js';
import { RecognizeClient } from './recognition/recognize.client.js';
import { SpeechSynthesisClient, SYNTHESIS_POOL } from './synthesis/synthesis.client.js';
import { VoicesService } from './synthesis/voices.service.js';
import { RecordingStore } from './turns/recording-store.js';
import { TurnAudioService } from './turns/turn-audio.service.js';
import { TurnService } from './turns/turn.service.js';
import { ListenGateway } from './websocket/listen.gateway.js';

/** The public doors and what stands behind them. */
@Module({})
export class GatewayModule {
  static forRoot(config: GatewayConfig, logger: Logger): DynamicModule {
    const s3 = s3OptionsFrom(config);
    const inference = new GrpcClientPool<SpeechClient>('voice', {
      addresses: config.PARLANCE_INFERENCE_ADDRESSES,
    });
    const tts = new GrpcClientPool<SynthesisClient>('tts', { addresses: config.PARLANCE_TTS_ADDRESSES });
    const calls = new OpenCalls(logger);
    const memory = new HeldMemory(config.PARLANCE_MAX_HELD_MEMORY);
    return {
      module: GatewayModule,
      imports: [
        LoggerModule.forRoot(logger),
        MessagingModule.forRoot({ natsUrl: config.NATS_URL, name: 'gateway', ...(s3 ? { s3 } : {}) }),
        PersistenceModule.forRoot({ mongodbUri: config.MONGODB_URI, name: 'gateway' }),
        OpsModule.forRootAsync({
          inject: [MessageBus, StoreConnection],
          // Without tts all but speaking works: no reason to take the doors down.
          useFactory: (bus: MessageBus, store: StoreConnection) => () => ({
            accepting: calls.accepts,
            inference: inference.isReady(),
            bus: bus.isReady(),
            store: store.isReady(),
          }),
        }),
      ],
      controllers: [
        TranscriptionController,
        SpeechController,
        ModelsController,
        VoicesController,
        TurnsController,
        SpeechDoorController,
      ],
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: INFERENCE_POOL, useValue: inference },
        { provide: SYNTHESIS_POOL, useValue: tts },
        { provide: ApiKeys, useValue: new ApiKeys(config.PARLANCE_API_KEYS) },
        { provide: TenantSlots, useValue: new TenantSlots(config.PARLANCE_TENANT_CONCURRENCY) },
        { provide: HeldMemory, useValue: memory },
        { provide: DecoderService, useValue: new DecoderService(decoderLimits(config, memory)) },
        { provide: OpenCalls, useValue: calls },
        RecognitionClient,
        RecognitionService,
        RecognizeClient,
        SpeechSynthesisClient,
        VoicesService,
        TranscriptionService,
        TurnService,
        TurnRequestService,
        TurnAudioService,
        RecordingStore,
        ListenGateway,
      ],
    };
  }
}

function decoderLimits(config: GatewayConfig, memory: HeldMemory): DecoderLimits {
  return {
    ffmpegPath: config.PARLANCE_FFMPEG,
    concurrency: config.PARLANCE_DECODERS,
    queue: config.PARLANCE_DECODER_QUEUE,
    maxDurationMs: config.PARLANCE_MAX_RECORDING_SECONDS * 1000,
    maxHeldBytes: config.PARLANCE_MAX_HELD_UPLOAD,
    memory,
  };
}
