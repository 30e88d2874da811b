import { Inject, Injectable } from '@nestjs/common';
import type { SynthesisClient } from '@parlance/contracts';
import { GrpcClientPool } from '@parlance/rpc';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** The tts pods. */
@Injectable()
export class SynthesisPool extends GrpcClientPool<SynthesisClient> {
  constructor(@Inject(GATEWAY_CONFIG) { synthesis }: Pick<GatewayConfig, 'synthesis'>) {
    super('tts', synthesis);
  }
}
