import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LanguageOfferRepository } from '@parlance/persistence';
import { atMost, PeriodicWork } from '@parlance/resilience';
import { LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';
import { BuiltinCoach } from './coach/builtin-coach.js';
import { LanguageModels } from './language-model/groq.provider.js';

const EVERY_MS = 20_000;
/** Two failed renewals are survived, each of them late. */
const VALID_MS = 4 * EVERY_MS;
/** A stop waits no longer for a store that does not answer. */
const WITHDRAW_MS = 500;

/** Tells the other services which languages this process answers and reports in: any where a language model is configured, else
 *  those of the built-in coach. */
@Injectable()
export class LanguageOffers implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly process = randomUUID();
  private readonly work: PeriodicWork;

  constructor(
    private readonly offers: LanguageOfferRepository,
    private readonly models: LanguageModels,
    private readonly coach: BuiltinCoach,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.renew(), {
      everyMs: EVERY_MS,
      onFailure: workFailureReporter(
        logger,
        'language-offers',
        'the languages of replies could not be announced',
      ),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.work.runNow();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.work.stop(WITHDRAW_MS);
    // Where the store is away, the offer ends by itself.
    await atMost(
      WITHDRAW_MS,
      this.offers.withdraw('conversation', this.process).catch(() => undefined),
    );
  }

  private async renew(): Promise<void> {
    const languages = this.models.configured.length > 0 ? null : [this.coach.language];
    await this.offers.offer('conversation', this.process, languages, VALID_MS);
  }
}
