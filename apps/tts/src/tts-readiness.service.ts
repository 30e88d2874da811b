import { Injectable } from '@nestjs/common';
import { MessageBus, ObjectStore } from '@parlance/messaging';
import { StoreConnection } from '@parlance/persistence';
import type { Readiness, ReadinessParts } from '@parlance/telemetry';

/** What the speech service needs to take work. */
@Injectable()
export class TtsReadiness implements Readiness {
  constructor(
    private readonly bus: MessageBus,
    private readonly store: StoreConnection,
    private readonly objects: ObjectStore,
  ) {}

  parts(): ReadinessParts {
    return { bus: this.bus.isReady(), store: this.store.isReady(), objects: this.objects.isReady() };
  }
}
