import { Context } from 'grammy';
import type { PracticeUser } from '@parlance/persistence';
import type { Texts } from '../texts/texts.js';

/** How an update is worked on. */
export interface UpdateScope {
  /** Id of the update in the store. */
  readonly id: string;
  /** 1 at the first time. */
  readonly attempt: number;
  /** Fires when another replica is to go on. */
  readonly signal: AbortSignal;
}

/** grammY's context of an update, with whom it is from and how it is worked on. */
export class BotContext extends Context {
  scope!: UpdateScope;
  user!: PracticeUser;
  texts!: Texts;

  /** Sends a text of ours (Telegram's HTML). */
  async say(html: string): Promise<void> {
    await this.reply(html, { parse_mode: 'HTML', link_preview_options: { is_disabled: true } });
  }
}

/** A text that came from outside, for Telegram's HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
