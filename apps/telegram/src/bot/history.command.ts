import { Injectable } from '@nestjs/common';
import { Composer, InlineKeyboard } from 'grammy';
import { isAppError } from '@parlance/errors';
import { PracticeRepository, type PracticeAttempt } from '@parlance/persistence';
import { findTask } from '../practice/next-task.js';
import { escapeHtml, type BotContext } from './bot-context.js';

const PAGE = 5;
const LONGEST_EXCERPT = 120;
/** The button's data, as it was made below; a page number has few digits. */
const BUTTON = /^history:(\d{1,6})$/;

/** `/history`, page by page. */
@Injectable()
export class HistoryCommand {
  readonly route = new Composer<BotContext>();

  constructor(private readonly practice: PracticeRepository) {
    this.route.command('history', async (context) => {
      const { text, keyboard } = await this.page(context, 1);
      await context.reply(text, { parse_mode: 'HTML', reply_markup: keyboard });
    });
    this.route.callbackQuery(BUTTON, async (context) => {
      const { text, keyboard } = await this.page(context, Number(context.match[1]));
      await editMessage(context, text, keyboard);
    });
  }

  private async page(
    { user, texts }: BotContext,
    wanted: number,
  ): Promise<{ text: string; keyboard: InlineKeyboard }> {
    const keyboard = new InlineKeyboard();
    const count = await this.practice.count(user.id);
    if (count === 0) return { text: texts.history.empty, keyboard };
    const pages = Math.ceil(count / PAGE);
    const page = Math.min(Math.max(1, wanted), pages);
    const attempts = await this.practice.history(user.id, { skip: (page - 1) * PAGE, limit: PAGE });
    if (page > 1) keyboard.text(texts.history.newer, `history:${page - 1}`);
    if (page < pages) keyboard.text(texts.history.older, `history:${page + 1}`);
    const text = [`<b>${texts.history.title(page, pages)}</b>`, ...attempts.map(lineOf)].join('\n\n');
    return { text, keyboard };
  }
}

/** Changes the message that a button stands in, and ends the button's spinner. What is gone or the same already is left. */
export async function editMessage(
  context: BotContext,
  text: string,
  keyboard?: InlineKeyboard,
): Promise<void> {
  const ignoreRefusal = (error: unknown): void => {
    if (!isAppError(error) || error.code !== 'request.invalid') throw error;
  };
  await context.answerCallbackQuery().then(() => undefined, ignoreRefusal);
  await context
    .editMessageText(text, { parse_mode: 'HTML', reply_markup: keyboard })
    .then(() => undefined, ignoreRefusal);
}

function lineOf({ day, task, result }: PracticeAttempt): string {
  const { overall = 0, transcript = '' } = result ?? {};
  const excerpt =
    transcript.length > LONGEST_EXCERPT ? `${transcript.slice(0, LONGEST_EXCERPT)}…` : transcript;
  const question = findTask(task)?.question ?? task;
  return `${day} · <b>${overall}</b> · ${escapeHtml(question)}\n<i>${escapeHtml(excerpt)}</i>`;
}
