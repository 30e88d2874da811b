import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { MessagingModule } from '@parlance/messaging';
import { PersistenceModule } from '@parlance/persistence';
import { LoggerModule, OpsController, Readiness, type Logger } from '@parlance/telemetry';
import { TurnFailureService } from '@parlance/turns';
import { BuiltinCoach } from './coach/builtin-coach.js';
import { ConversationReadiness } from './conversation-readiness.service.js';
import { CONVERSATION_CONFIG, type ConversationConfig } from './conversation.config.js';
import { GrammarService } from './grammar/grammar.service.js';
import { GROQ_OPTIONS, GroqLanguageModel } from './language-model/groq.provider.js';
import { LanguageModel } from './language-model/language-model.js';
import { ReplyWriterService } from './reply/reply-writer.service.js';
import { ReplyService } from './reply/reply.service.js';
import { TurnOrderService } from './reply/turn-order.service.js';
import { TurnConsumer } from './turn.consumer.js';

/** Everything of the conversation service. */
@Module({})
export class AppModule {
  static forRoot(config: ConversationConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(logger),
        MessagingModule.forRoot({ ...config.messaging, name: 'conversation' }),
        PersistenceModule.forRoot({ ...config.store, name: 'conversation' }),
      ],
      controllers: [OpsController],
      providers: [
        { provide: CONVERSATION_CONFIG, useValue: config },
        { provide: Readiness, useClass: ConversationReadiness },
        ...languageModel(config),
        BuiltinCoach,
        GrammarService,
        ReplyWriterService,
        TurnOrderService,
        ReplyService,
        TurnFailureService,
        TurnConsumer,
      ],
    };
  }
}

/** Without one the built-in coach answers. */
function languageModel({ languageModel: options }: ConversationConfig): Provider[] {
  if (!options) return [];
  return [
    { provide: GROQ_OPTIONS, useValue: options },
    { provide: LanguageModel, useClass: GroqLanguageModel },
  ];
}
