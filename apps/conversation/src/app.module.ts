import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@parlance/messaging';
import {
  AccountRepository,
  CatalogueSeeds,
  PersistenceModule,
  PLATFORM_REPOSITORIES,
  UsageLedger,
  UsageRepository,
} from '@parlance/persistence';
import { LoggerModule, Readiness, type Logger } from '@parlance/telemetry';
import { TurnFailureService } from '@parlance/turns';
import { AnsweredTurns } from './answered-turns.service.js';
import { BuiltinCoach } from './coach/builtin-coach.js';
import { ConversationReadiness } from './conversation-readiness.service.js';
import { ReplyContextService } from './context/reply-context.service.js';
import { ExamQuestions } from './context/exam-question.service.js';
import { SessionLessons } from './context/session-lessons.service.js';
import { SessionSummaryService } from './context/session-summary.service.js';
import { CONVERSATION_CONFIG, type ConversationConfig } from './conversation.config.js';
import { EvaluationService } from './evaluation/evaluation.service.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { GrammarService } from './grammar/grammar.service.js';
import { GroqLanguageModel, LanguageModels } from './language-model/groq.provider.js';
import { StructuredAnswers } from './language-model/structured-answers.service.js';
import { LanguageOffers } from './language-offer.service.js';
import { TokenUsageService } from './language-model/token-usage.service.js';
import { MODERATION_OPTIONS, ModerationService } from './moderation/moderation.service.js';
import { PracticeConsumer } from './practice/practice.consumer.js';
import { QuestionMaker } from './practice/question-maker.service.js';
import { ReportMaker } from './practice/report-maker.service.js';
import { TurnPractice } from './practice/turn-practice.service.js';
import { ReplyWriterService } from './reply/reply-writer.service.js';
import { ReplyService } from './reply/reply.service.js';
import { TurnOrderService } from './reply/turn-order.service.js';
import { UnpublishedTurns } from './reply/unpublished-turns.service.js';
import { TurnIndexing } from './search/turn-indexing.service.js';
import { ClosingSummaries } from './summary/closing-summaries.service.js';
import { ClosingSummaryWriter } from './summary/closing-summary-writer.service.js';
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
        PersistenceModule.forRoot({ ...config.store, name: 'conversation' }, [
          ...PLATFORM_REPOSITORIES,
          AccountRepository,
          UsageRepository,
        ]),
      ],
      providers: [
        { provide: CONVERSATION_CONFIG, useValue: config },
        { provide: Readiness, useClass: ConversationReadiness },
        {
          provide: LanguageModels,
          useFactory: () =>
            new LanguageModels(config.languageModels.map((options) => new GroqLanguageModel(options))),
        },
        {
          provide: UsageLedger,
          inject: [UsageRepository],
          useFactory: (repository: UsageRepository) =>
            new UsageLedger(repository, { intervalMs: config.usageIntervalMs }, logger),
        },
        {
          provide: TokenUsageService,
          inject: [UsageLedger],
          useFactory: (ledger: UsageLedger) => new TokenUsageService(config.tokenPrices, ledger),
        },
        { provide: MODERATION_OPTIONS, useValue: config.moderation },
        ModerationService,
        BuiltinCoach,
        GrammarService,
        ReplyContextService,
        SessionSummaryService,
        StructuredAnswers,
        FeedbackService,
        EvaluationService,
        SessionLessons,
        ExamQuestions,
        QuestionMaker,
        ReportMaker,
        TurnPractice,
        PracticeConsumer,
        ReplyWriterService,
        TurnOrderService,
        ReplyService,
        TurnFailureService,
        AnsweredTurns,
        TurnConsumer,
        UnpublishedTurns,
        CatalogueSeeds,
        LanguageOffers,
        TurnIndexing,
        ClosingSummaryWriter,
        ClosingSummaries,
      ],
    };
  }
}
