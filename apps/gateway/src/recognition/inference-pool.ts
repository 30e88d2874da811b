import { Inject, Injectable } from '@nestjs/common';
import type { SpeechClient } from '@parlance/contracts';
import { GrpcClientPool } from '@parlance/rpc';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** The inference pods. */
@Injectable()
export class InferencePool extends GrpcClientPool<SpeechClient> {
  constructor(@Inject(GATEWAY_CONFIG) { recognition }: Pick<GatewayConfig, 'recognition'>) {
    super('voice', recognition);
  }
}
