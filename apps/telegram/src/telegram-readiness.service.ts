import { Injectable } from '@nestjs/common';
import { StoreConnection } from '@parlance/persistence';
import type { Readiness, ReadinessParts } from '@parlance/telemetry';
import { TelegramApi } from './telegram/telegram-api.service.js';

/** What the bot needs to work on updates. A platform that is away is told to users and takes no replica out. */
@Injectable()
export class TelegramReadiness implements Readiness {
  constructor(
    private readonly telegram: TelegramApi,
    private readonly store: StoreConnection,
  ) {}

  parts(): ReadinessParts {
    return { telegram: this.telegram.isKnown, store: this.store.isReady() };
  }
}
