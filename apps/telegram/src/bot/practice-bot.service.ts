import { Inject, Injectable } from '@nestjs/common';
import { Composer, type NextFunction } from 'grammy';
import type { Update } from 'grammy/types';
import { BotCoordinationRepository, PracticeRepository } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { PracticeService } from '../practice/practice.service.js';
import { TelegramApi } from '../telegram/telegram-api.service.js';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../telegram.config.js';
import { languageOf, textsOf } from '../texts/languages.js';
import { BotContext, type UpdateScope } from './bot-context.js';
import { HistoryCommand } from './history.command.js';
import { SettingsCommands } from './settings.commands.js';
import { TaskCommands } from './task.commands.js';

const MINUTE_MS = 60_000;

/** What the bot does with an update: whom it is from, then the command, button or voice message. */
@Injectable()
export class PracticeBot {
  private readonly route;

  constructor(
    private readonly telegram: TelegramApi,
    private readonly users: PracticeRepository,
    private readonly coordination: BotCoordinationRepository,
    private readonly practice: PracticeService,
    tasks: TaskCommands,
    history: HistoryCommand,
    settings: SettingsCommands,
    @Inject(TELEGRAM_CONFIG) private readonly config: TelegramConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const composer = new Composer<BotContext>();
    composer.use((context, next) => this.admit(context, next));
    composer.use(tasks.route, history.route, settings.route);
    composer.on('message:voice', (context) => this.voice(context));
    composer.on(['message:audio', 'message:video', 'message:video_note'], (context) =>
      context.say(context.texts.otherMedia),
    );
    composer.on('message', (context) => context.say(context.texts.voiceWanted));
    // A button of an earlier release: its spinner ends.
    composer.on('callback_query', (context) => context.answerCallbackQuery().then(() => undefined, ignore));
    this.route = composer.middleware();
  }

  /** @throws AppError retryable where the update is to be worked on again */
  async handle(update: Update, scope: UpdateScope): Promise<void> {
    const context = new BotContext(update, this.telegram.methods, await this.telegram.me(scope.signal));
    context.scope = scope;
    await this.route(context, () => Promise.resolve());
  }

  /** Says that an update failed, as far as that is possible. */
  async apologise(update: Update): Promise<void> {
    const chat = update.message?.chat ?? update.callback_query?.message?.chat;
    const from = update.message?.from ?? update.callback_query?.from;
    if (chat?.type !== 'private') return;
    try {
      await this.telegram.methods.sendMessage(chat.id, textsOf(from?.language_code ?? '').failed);
    } catch (error) {
      this.logger.warn({ err: error }, 'a user could not be told of a failure');
    }
  }

  /** Lets private messages of people through who do not send too many. */
  private async admit(context: BotContext, next: NextFunction): Promise<void> {
    const { from, chat } = context;
    if (!from || from.is_bot || !chat) return;
    const texts = textsOf(from.language_code ?? '');
    if (chat.type !== 'private') {
      // In groups it speaks only when it is spoken to.
      if (context.message?.text?.startsWith('/')) await context.say(texts.privateOnly);
      return;
    }
    const id = `${this.config.telegram.bot}:${from.id}`;
    context.texts = texts;
    if (context.scope.attempt === 1 && !(await this.isWithinRate(context, id))) return;
    context.user = await this.users.openUser({
      id,
      language: languageOf(from.language_code ?? ''),
      timeZone: this.config.timeZone,
    });
    context.texts = textsOf(context.user.language);
    await next();
  }

  /** The first message too many is answered, the others of the minute are not. */
  private async isWithinRate(context: BotContext, owner: string): Promise<boolean> {
    const { messagesPerMinute } = this.config.limits;
    const count = await this.coordination.count(owner, 'messages', MINUTE_MS);
    if (count <= messagesPerMinute) return true;
    const leftMs = MINUTE_MS - (Date.now() % MINUTE_MS);
    if (count === messagesPerMinute + 1)
      await context.say(context.texts.tooManyMessages(Math.ceil(leftMs / 1_000)));
    return false;
  }

  private async voice(context: BotContext): Promise<void> {
    const { message, chat, texts, user, scope } = context;
    if (!message?.voice || !chat) return;
    // Someone else's voice is no answer of the user's.
    if (message.forward_origin) return context.say(texts.forwarded);
    const { file_id: fileId, duration, file_size: bytes } = message.voice;
    await this.practice.answer({
      ...scope,
      chat: chat.id,
      user,
      texts,
      voice: { fileId, seconds: duration, bytes },
    });
  }
}

function ignore(): void {}
