import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { TenantShares } from '@parlance/resilience';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** Bytes that one request holds. */
export interface HeldBytes {
  /** @throws AppError inference.overloaded where all requests together would hold too much */
  grow(bytes: number): void;
  shrink(bytes: number): void;
  /** Releases all that is still held. Later growth is not counted. */
  release(): void;
}

/** Bounds the bytes of uploads held in memory over all requests; no tenant keeps all of them from the others. */
@Injectable()
export class HeldMemory {
  private used = 0;
  private readonly limitBytes: number;
  private readonly shares: TenantShares;

  constructor(@Inject(GATEWAY_CONFIG) { upload }: Pick<GatewayConfig, 'upload'>) {
    this.limitBytes = upload.maxHeldInAllBytes;
    this.shares = new TenantShares(this.limitBytes);
  }

  open(tenant: string): HeldBytes {
    let held = 0;
    let isOpen = true;
    const give = (bytes: number): void => {
      held -= bytes;
      this.used -= bytes;
      this.shares.giveBack(tenant, bytes);
    };
    return {
      grow: (bytes) => {
        if (!isOpen) return;
        if (!this.shares.mayHold(tenant, bytes) || this.used + bytes > this.limitBytes) throw full();
        held += bytes;
        this.used += bytes;
        this.shares.hold(tenant, bytes);
      },
      shrink: (bytes) => give(Math.min(bytes, held)),
      release: () => {
        isOpen = false;
        give(held);
      },
    };
  }
}

function full(): AppError {
  return new AppError('inference.overloaded', 'Too much is being uploaded at the same time.');
}
