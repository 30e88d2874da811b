import { Injectable } from '@nestjs/common';
import { Composer, InlineKeyboard } from 'grammy';
import { BotCoordinationRepository, PracticeRepository, UpdateInboxRepository } from '@parlance/persistence';
import { isTimeZone } from '@parlance/practice';
import { SpeechPlatformClient } from '../platform/speech-platform.client.js';
import { isLanguage, LANGUAGES } from '../texts/languages.js';
import { escapeHtml, type BotContext } from './bot-context.js';
import { editMessage } from './history.command.js';

/** `/language`, `/timezone` and `/stop`. */
@Injectable()
export class SettingsCommands {
  readonly route = new Composer<BotContext>();

  constructor(
    private readonly practice: PracticeRepository,
    private readonly coordination: BotCoordinationRepository,
    private readonly inbox: UpdateInboxRepository,
    private readonly platform: SpeechPlatformClient,
  ) {
    this.route.command('language', (context) => this.askLanguage(context));
    this.route.callbackQuery(/^language:(\w{2})$/, (context) => this.setLanguage(context, context.match[1]!));
    this.route.command('timezone', (context) => this.timeZone(context, context.match.trim()));
    this.route.command('stop', (context) => this.askStop(context));
    this.route.callbackQuery('stop:yes', (context) => this.stop(context));
    this.route.callbackQuery('stop:no', (context) => editMessage(context, context.texts.stop.left));
  }

  private async askLanguage(context: BotContext): Promise<void> {
    const keyboard = new InlineKeyboard();
    for (const [code, { languageName }] of Object.entries(LANGUAGES))
      keyboard.text(languageName, `language:${code}`);
    await context.reply(context.texts.language.ask, { reply_markup: keyboard });
  }

  private async setLanguage(context: BotContext, code: string): Promise<void> {
    if (!isLanguage(code)) return editMessage(context, context.texts.language.ask);
    await this.practice.changeUser(context.user.id, { language: code });
    await editMessage(context, LANGUAGES[code].language.set);
  }

  private async timeZone(context: BotContext, zone: string): Promise<void> {
    const { texts, user } = context;
    if (!isTimeZone(zone)) return context.say(texts.timeZone.ask(escapeHtml(user.timeZone)));
    await this.practice.changeUser(user.id, { timeZone: zone });
    await context.say(texts.timeZone.set(escapeHtml(zone)));
  }

  private async askStop(context: BotContext): Promise<void> {
    const { ask, yes, no } = context.texts.stop;
    const keyboard = new InlineKeyboard().text(yes, 'stop:yes').text(no, 'stop:no');
    await context.reply(ask, { reply_markup: keyboard });
  }

  /** Deletes all that is kept of the user, what the platform has first; the update itself loses its content when it is finished. */
  private async stop(context: BotContext): Promise<void> {
    const { user, scope, texts } = context;
    await this.platform.forget(user.id, scope.signal);
    await this.practice.deleteUser(user.id);
    await this.coordination.deleteOf(user.id);
    await this.inbox.deleteOf(user.id, scope.id);
    await editMessage(context, texts.stop.done);
  }
}
