import { type DynamicModule, Module } from '@nestjs/common';
import { PersistenceModule, TELEGRAM_REPOSITORIES } from '@parlance/persistence';
import { LoggerModule, Readiness, type Logger } from '@parlance/telemetry';
import { HistoryCommand } from './bot/history.command.js';
import { PracticeBot } from './bot/practice-bot.service.js';
import { SettingsCommands } from './bot/settings.commands.js';
import { TaskCommands } from './bot/task.commands.js';
import { SpeechPlatformClient } from './platform/speech-platform.client.js';
import { PracticeService } from './practice/practice.service.js';
import { TelegramApi } from './telegram/telegram-api.service.js';
import { TelegramReadiness } from './telegram-readiness.service.js';
import { TELEGRAM_CONFIG, type TelegramConfig } from './telegram.config.js';
import { UpdateRunner } from './updates/update-runner.service.js';
import { UpdateSource } from './updates/update-source.service.js';
import { WebhookController } from './updates/webhook.controller.js';

/** Everything of the Telegram bot. */
@Module({})
export class AppModule {
  static forRoot(config: TelegramConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(logger),
        PersistenceModule.forRoot({ ...config.store, name: 'telegram' }, TELEGRAM_REPOSITORIES),
      ],
      controllers: config.webhook ? [WebhookController] : [],
      providers: [
        { provide: TELEGRAM_CONFIG, useValue: config },
        { provide: Readiness, useClass: TelegramReadiness },
        TelegramApi,
        SpeechPlatformClient,
        PracticeService,
        TaskCommands,
        HistoryCommand,
        SettingsCommands,
        PracticeBot,
        UpdateRunner,
        UpdateSource,
      ],
    };
  }
}
