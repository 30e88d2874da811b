import { type DynamicModule, Module } from '@nestjs/common';
import { MessageBus, MessagingModule, s3OptionsFrom } from '@parlance/messaging';
import { PersistenceModule, StoreConnection } from '@parlance/persistence';
import { LoggerModule, OpsModule, type Logger } from '@parlance/telemetry';
import { BuiltinCoach } from './coach/builtin-coach.js';
import { CONVERSATION_CONFIG, type ConversationConfig } from './conversation.config.js';
import { GrammarService } from './grammar/grammar.service.js';
import { LanguageModelModule } from './language-model/language-model.module.js';
import { ReplyWriterService } from './reply/reply-writer.service.js';
import { ReplyService } from './reply/reply.service.js';
import { TurnOrderService } from './reply/turn-order.service.js';
import { TurnConsumer } from './turn.consumer.js';

/** Everything of the conversation service. */
@Module({})
export class AppModule {
  static forRoot(config: ConversationConfig, logger: Logger): DynamicModule {
    const s3 = s3OptionsFrom(config);
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(logger),
        MessagingModule.forRoot({ natsUrl: config.NATS_URL, name: 'conversation', ...(s3 ? { s3 } : {}) }),
        PersistenceModule.forRoot({ mongodbUri: config.MONGODB_URI, name: 'conversation' }),
        LanguageModelModule.forRoot(config),
        OpsModule.forRootAsync({
          inject: [MessageBus, StoreConnection],
          useFactory: (bus: MessageBus, store: StoreConnection) => () => ({
            bus: bus.isReady(),
            store: store.isReady(),
          }),
        }),
      ],
      providers: [
        { provide: CONVERSATION_CONFIG, useValue: config },
        BuiltinCoach,
        GrammarService,
        ReplyWriterService,
        TurnOrderService,
        ReplyService,
        TurnConsumer,
      ],
    };
  }
}
