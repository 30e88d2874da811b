import { type DynamicModule, Module } from '@nestjs/common';
import { MessageBus, MessagingModule, ObjectStore, s3OptionsFrom } from '@parlance/messaging';
import { PersistenceModule, StoreConnection } from '@parlance/persistence';
import { LoggerModule, OpsModule, type Logger } from '@parlance/telemetry';
import { AudioEncoder } from './encoding/audio-encoder.js';
import { SpeechEnginesService } from './engines/speech-engines.service.js';
import { SentenceConsumer } from './sentence.consumer.js';
import { SpeechCache } from './speech/speech-cache.service.js';
import { SpeechService } from './speech/speech.service.js';
import { SynthesisController } from './synthesis.controller.js';
import { SynthesisService } from './synthesis.service.js';
import { TTS_CONFIG, type TtsConfig } from './tts.config.js';

/** Everything of the speech service. */
@Module({})
export class AppModule {
  static forRoot(config: TtsConfig, logger: Logger): DynamicModule {
    const s3 = s3OptionsFrom(config);
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(logger),
        MessagingModule.forRoot({ natsUrl: config.NATS_URL, name: 'tts', ...(s3 ? { s3 } : {}) }),
        PersistenceModule.forRoot({ mongodbUri: config.MONGODB_URI, name: 'tts' }),
        OpsModule.forRootAsync({
          inject: [MessageBus, StoreConnection, ObjectStore],
          useFactory: (bus: MessageBus, store: StoreConnection, objects: ObjectStore) => () => ({
            bus: bus.isReady(),
            store: store.isReady(),
            objects: objects.isReady(),
          }),
        }),
      ],
      controllers: [SynthesisController],
      providers: [
        { provide: TTS_CONFIG, useValue: config },
        SpeechEnginesService,
        AudioEncoder,
        SpeechCache,
        SpeechService,
        SynthesisService,
        SentenceConsumer,
      ],
    };
  }
}
