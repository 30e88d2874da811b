import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { lastWork } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { SessionChunks } from './session-chunks.js';
import { SessionLeases } from './session-leases.service.js';
import { SessionRecordings } from './session-recordings.service.js';
import { StorageLimits } from './storage-limits.service.js';

const DAY_MS = 86_400_000;

/** Joins recordings whose process has gone, and keeps the storage within its limits. Every replica has one: what each
 *  does is done by one of them at a time. */
@Injectable()
export class RecordingSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private isStopped = false;
  private limitsAt = 0;

  constructor(
    private readonly chunks: SessionChunks,
    private readonly recordings: SessionRecordings,
    private readonly limits: StorageLimits,
    private readonly leases: SessionLeases,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recordings'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.plan();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await lastWork(this.sweeping);
  }

  /** One look; never rejects. */
  async sweep(now = Date.now()): Promise<void> {
    try {
      for (const [session, { lastSoundAt }] of await this.chunks.sessions()) {
        if (this.isStopped) return;
        await this.look(session, lastSoundAt, now);
      }
      const { storageSweepEveryMs } = this.config.recordings;
      if (now - this.limitsAt < storageSweepEveryMs) return;
      this.limitsAt = now;
      if (await this.leases.claim('storage-limits', storageSweepEveryMs)) await this.limits.enforce(now);
    } catch (error) {
      this.logger.warn({ err: error }, 'the recordings could not be swept, trying again later');
    }
  }

  /** Jittered, so that replicas do not look at the same moment. */
  private plan(): void {
    const pauseMs = this.config.recordings.sweepEveryMs * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep().finally(() => {
        if (!this.isStopped) this.plan();
      });
    }, pauseMs);
    this.timer.unref();
  }

  private async look(session: string, lastSoundAt: number, now: number): Promise<void> {
    if (now - lastSoundAt < this.config.recordings.abandonedMs) return;
    const marker = await this.chunks.marker(session);
    const quietMs = now - Math.max(marker?.aliveAt ?? 0, lastSoundAt);
    if (quietMs < this.config.recordings.abandonedMs) return;
    try {
      if (marker) await this.recordings.join(marker.tenant, session);
      // Nobody knows whose these are.
      else if (quietMs > DAY_MS) await this.chunks.removeAll(session);
    } catch (error) {
      this.logger.info({ err: error, session }, 'a recording was not joined, it is looked at again later');
    }
  }
}
