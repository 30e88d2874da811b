import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LanguageOfferRepository } from '@parlance/persistence';
import { atMost } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { BuiltinCoach } from './coach/builtin-coach.js';
import { LanguageModels } from './language-model/groq.provider.js';

const EVERY_MS = 20_000;
/** Two failed renewals are survived. */
const VALID_MS = 3 * EVERY_MS;
/** A stop waits no longer for a store that does not answer. */
const WITHDRAW_MS = 500;

/** Tells the other services which languages this process answers and reports in: any where a language model is configured, else
 *  those of the built-in coach. */
@Injectable()
export class LanguageOffers implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly process = randomUUID();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly offers: LanguageOfferRepository,
    private readonly models: LanguageModels,
    private readonly coach: BuiltinCoach,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.renew(), EVERY_MS).unref();
    await this.renew();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    // Where the store is away, the offer ends by itself.
    await atMost(
      WITHDRAW_MS,
      this.offers.withdraw('conversation', this.process).catch(() => undefined),
    );
  }

  private async renew(): Promise<void> {
    const languages = this.models.configured.length > 0 ? null : [this.coach.language];
    try {
      await this.offers.offer('conversation', this.process, languages, VALID_MS);
    } catch (error) {
      this.logger.warn({ err: error }, 'the languages of replies could not be announced');
    }
  }
}
