import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { isAppError } from '@parlance/errors';
import { BotCoordinationRepository } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { POLL_SECONDS, TelegramApi } from '../telegram/telegram-api.service.js';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../telegram.config.js';
import { LANGUAGES } from '../texts/languages.js';
import { COMMANDS, type Texts } from '../texts/texts.js';
import { ALLOWED_UPDATES } from './update.schema.js';
import { UpdateRunner } from './update-runner.service.js';

/** Pause after a fault, and between looks whether another replica still polls. */
const PAUSE_MS = 2_000;
/** Requests that Telegram sends at once: each is answered when its update is kept. */
const WEBHOOK_CONNECTIONS = 40;

/** Gets updates from Telegram: tells it the webhook, or polls while this replica holds the lease for it. */
@Injectable()
export class UpdateSource implements OnApplicationBootstrap {
  private readonly holder = randomUUID();
  private readonly stop = new AbortController();
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly telegram: TelegramApi,
    private readonly updates: UpdateRunner,
    private readonly coordination: BotCoordinationRepository,
    @Inject(TELEGRAM_CONFIG) private readonly config: TelegramConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.work = this.run();
  }

  /** Ends polling; what was read and kept is worked on. */
  async close(): Promise<void> {
    this.stop.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    await this.untilDone('introducing the bot', () => this.introduce());
    if (this.config.webhook) await this.untilDone('setting the webhook', () => this.setWebhook());
    else while (!this.stop.signal.aborted) await this.untilDone('polling', () => this.pollWithLease());
  }

  /** Repeats until it succeeds or the process ends: Telegram may be away for hours. */
  private async untilDone(what: string, step: () => Promise<void>): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        return await step();
      } catch (error) {
        if (this.stop.signal.aborted) return;
        this.logger.warn({ err: error }, `${what} failed, trying again`);
        await this.pause(PAUSE_MS);
      }
    }
  }

  /** The menu of commands, in each language; English for all others. */
  private async introduce(): Promise<void> {
    await this.telegram.me(this.stop.signal);
    const menuOf = (texts: Texts) =>
      COMMANDS.map((command) => ({ command, description: texts.commands[command] }));
    await this.telegram.methods.setMyCommands(menuOf(LANGUAGES.en));
    for (const [code, texts] of Object.entries(LANGUAGES))
      if (code !== 'en')
        await this.telegram.methods.setMyCommands(menuOf(texts), { language_code: code as 'de' });
  }

  /** Idempotent: each replica may say it. */
  private async setWebhook(): Promise<void> {
    const { url, secret } = this.config.webhook!;
    await this.telegram.methods.setWebhook(url, {
      secret_token: secret,
      allowed_updates: ALLOWED_UPDATES,
      max_connections: WEBHOOK_CONNECTIONS,
    });
    this.logger.info({ url }, 'Telegram posts updates');
  }

  private async pollWithLease(): Promise<void> {
    if (!(await this.holdLease())) return this.pause(PAUSE_MS);
    const lost = new AbortController();
    const signal = AbortSignal.any([this.stop.signal, lost.signal]);
    const renewal = setInterval(() => void this.renew(lost), this.config.updates.leaseMs / 3);
    try {
      // Telegram gives no updates while a webhook is set.
      await this.telegram.methods.deleteWebhook();
      this.logger.info('this replica polls');
      await this.poll(signal);
    } finally {
      clearInterval(renewal);
      await this.coordination.release(this.lease, this.holder).catch(() => undefined);
    }
  }

  /** An update is confirmed to Telegram, by the next offset, when it is kept. */
  private async poll(signal: AbortSignal): Promise<void> {
    for (let offset = 0; !signal.aborted;) {
      const updates = await this.telegram.methods.getUpdates(
        { offset, timeout: POLL_SECONDS, allowed_updates: ALLOWED_UPDATES },
        signal as never,
      );
      for (const update of updates) {
        await this.keep(update);
        offset = update.update_id + 1;
      }
    }
  }

  private async keep(update: Update): Promise<void> {
    try {
      await this.updates.receive(update);
    } catch (error) {
      // One that can never be kept must not keep the others back.
      if (!isAppError(error) || error.retryable) throw error;
      this.logger.error({ err: error, update: update.update_id }, 'an update is left out');
    }
  }

  private get lease(): string {
    return `${this.config.telegram.bot}:polling`;
  }

  private holdLease(): Promise<boolean> {
    const until = new Date(Date.now() + this.config.updates.leaseMs);
    return this.coordination.hold(this.lease, this.holder, until);
  }

  private async renew(lost: AbortController): Promise<void> {
    try {
      if (!(await this.holdLease())) lost.abort();
    } catch (error) {
      // Another replica polls once the lease is over: two at once would be told so by Telegram.
      this.logger.warn({ err: error }, 'the lease for polling could not be renewed');
      lost.abort();
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stop.signal }).catch(() => undefined);
  }
}
