import { Injectable } from '@nestjs/common';
import { MessageBus } from '@parlance/messaging';
import { StoreConnection } from '@parlance/persistence';
import type { Readiness, ReadinessParts } from '@parlance/telemetry';
import { OpenCalls } from './drain/open-calls.service.js';
import { InferencePool } from './recognition/recognition.client.js';

/** What the gateway needs to take requests. Without tts all but speaking works: no reason to be taken out of service. */
@Injectable()
export class GatewayReadiness implements Readiness {
  constructor(
    private readonly calls: OpenCalls,
    private readonly inference: InferencePool,
    private readonly bus: MessageBus,
    private readonly store: StoreConnection,
  ) {}

  parts(): ReadinessParts {
    return {
      accepting: this.calls.isAdmitting,
      inference: this.inference.isReady(),
      bus: this.bus.isReady(),
      store: this.store.isReady(),
    };
  }
}
