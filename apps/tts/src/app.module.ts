import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@parlance/messaging';
import { KeptSpeechRepository, PersistenceModule } from '@parlance/persistence';
import { LoggerModule, Readiness, type Logger } from '@parlance/telemetry';
import { TurnFailureService } from '@parlance/turns';
import { AudioEncoder } from './encoding/audio-encoder.js';
import { SpeechEnginesService } from './engines/speech-engines.service.js';
import { SentenceConsumer } from './sentence.consumer.js';
import { SpeechCacheSweeper } from './speech/speech-cache-sweeper.service.js';
import { SpeechCache } from './speech/speech-cache.service.js';
import { SpeechMaker } from './speech/speech-maker.service.js';
import { SpeechService } from './speech/speech.service.js';
import { SynthesisController } from './synthesis.controller.js';
import { SynthesisService } from './synthesis.service.js';
import { TtsReadiness } from './tts-readiness.service.js';
import { TTS_CONFIG, type TtsConfig } from './tts.config.js';

/** Everything of the speech service. */
@Module({})
export class AppModule {
  static forRoot(config: TtsConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(logger),
        MessagingModule.forRoot({ ...config.messaging, name: 'tts' }),
        PersistenceModule.forRoot({ ...config.store, name: 'tts' }),
      ],
      controllers: [SynthesisController],
      providers: [
        { provide: TTS_CONFIG, useValue: config },
        { provide: Readiness, useClass: TtsReadiness },
        SpeechEnginesService,
        AudioEncoder,
        KeptSpeechRepository,
        SpeechCache,
        SpeechCacheSweeper,
        SpeechMaker,
        SpeechService,
        SynthesisService,
        TurnFailureService,
        SentenceConsumer,
      ],
    };
  }
}
