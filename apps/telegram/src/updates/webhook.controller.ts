import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@parlance/errors';
import { TELEGRAM_CONFIG, WEBHOOK_PATH, type TelegramConfig } from '../telegram.config.js';
import { UpdateRunner } from './update-runner.service.js';

/** Where Telegram posts updates. The answer comes as soon as the update is kept, before it is worked on. */
@Controller(WEBHOOK_PATH)
export class WebhookController {
  private readonly secret: Buffer;

  constructor(
    private readonly updates: UpdateRunner,
    @Inject(TELEGRAM_CONFIG) { webhook }: Pick<TelegramConfig, 'webhook'>,
  ) {
    if (!webhook) throw new Error('the webhook is not configured');
    this.secret = digest(webhook.secret);
  }

  @Post()
  @HttpCode(200)
  async receive(
    @Headers('x-telegram-bot-api-secret-token') secret: string | undefined,
    @Body() body: unknown,
  ): Promise<{ ok: true }> {
    if (secret === undefined || !timingSafeEqual(digest(secret), this.secret))
      throw new AppError('auth.invalid_token', 'The secret token is missing or wrong.');
    await this.updates.receive(body);
    return { ok: true };
  }
}

/** Equal lengths, whatever is compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
