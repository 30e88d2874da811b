import { Injectable } from '@nestjs/common';
import { Composer } from 'grammy';
import { PracticeRepository, streakOf } from '@parlance/persistence';
import { dayOf, EXAM_PROMPTS } from '@parlance/practice';
import { nextTask } from '../practice/next-task.js';
import { COMMANDS } from '../texts/texts.js';
import { escapeHtml, type BotContext } from './bot-context.js';

/** `/start`, `/help`, `/task` and `/streak`. */
@Injectable()
export class TaskCommands {
  readonly route = new Composer<BotContext>();

  constructor(private readonly practice: PracticeRepository) {
    this.route.command('start', (context) => context.say(context.texts.welcome));
    this.route.command('help', (context) => this.help(context));
    this.route.command('task', (context) => this.task(context));
    this.route.command('streak', (context) => this.streak(context));
  }

  private async help(context: BotContext): Promise<void> {
    const list = COMMANDS.map((command) => `/${command} – ${context.texts.commands[command]}`);
    await context.say(`${context.texts.help}\n\n${list.join('\n')}`);
  }

  private async task(context: BotContext): Promise<void> {
    const { user, texts } = context;
    const done = new Set(await this.practice.tasksDone(user.id));
    const task = nextTask(done, user.task);
    // Kept before it is told: a voice message may follow at once.
    await this.practice.changeUser(user.id, { task: task.id });
    await context.say(texts.task(task, { number: EXAM_PROMPTS.indexOf(task) + 1, of: EXAM_PROMPTS.length }));
  }

  private async streak(context: BotContext): Promise<void> {
    const { user, texts } = context;
    const days = await this.practice.days(user.id);
    const streak = streakOf(days, dayOf(new Date(), user.timeZone));
    await context.say(texts.streak(streak, escapeHtml(user.timeZone)));
  }
}
