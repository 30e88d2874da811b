import { Injectable } from '@nestjs/common';
import { MessageBus } from '@parlance/messaging';
import { StoreConnection } from '@parlance/persistence';
import type { Readiness, ReadinessParts } from '@parlance/telemetry';

/** What the conversation service needs to take work. */
@Injectable()
export class ConversationReadiness implements Readiness {
  constructor(
    private readonly bus: MessageBus,
    private readonly store: StoreConnection,
  ) {}

  parts(): ReadinessParts {
    return { bus: this.bus.isReady(), store: this.store.isReady() };
  }
}
