import { Inject, Injectable } from '@nestjs/common';
import { MessageBus } from '@parlance/messaging';
import { StoreConnection } from '@parlance/persistence';
import type { Readiness, ReadinessParts } from '@parlance/telemetry';
import { OpenCalls } from './drain/open-calls.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { InferencePool } from './recognition/recognition.client.js';

/** What the gateway needs to take requests. Without tts all but speaking works: no reason to be taken out of service.
 *  Nor is it one that inference is away where a remote recogniser answers in its place,
 *  or where requests wait for it to be scaled up. */
@Injectable()
export class GatewayReadiness implements Readiness {
  constructor(
    private readonly calls: OpenCalls,
    private readonly inference: InferencePool,
    private readonly bus: MessageBus,
    private readonly store: StoreConnection,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recognition' | 'remoteRecognition'>,
  ) {}

  parts(): ReadinessParts {
    return {
      accepting: this.calls.isAdmitting,
      inference: this.recognition(),
      bus: this.bus.isReady(),
      store: this.store.isReady(),
    };
  }

  private async recognition(): Promise<boolean | string> {
    const { openAi, huggingFace } = this.config.remoteRecognition;
    if (await this.inference.isReady()) return true;
    if (openAi || huggingFace) return 'away, remote recognisers answer';
    // Without requests nobody would see that a pod is wanted.
    return this.config.recognition.waitForPeerMs > 0 ? 'away, requests wait for it' : false;
  }
}
