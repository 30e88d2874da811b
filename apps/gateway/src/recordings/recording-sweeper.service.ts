import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PeriodicWork } from '@parlance/resilience';
import { LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';
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
  private readonly work: PeriodicWork;
  private limitsAt = 0;

  constructor(
    private readonly chunks: SessionChunks,
    private readonly recordings: SessionRecordings,
    private readonly limits: StorageLimits,
    private readonly leases: SessionLeases,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recordings'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.sweep(), {
      everyMs: config.recordings.sweepEveryMs,
      onFailure: workFailureReporter(
        logger,
        'recordings',
        'the recordings could not be swept, trying again later',
      ),
    });
  }

  onApplicationBootstrap(): void {
    this.work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  /** One look. @throws AppError store.unavailable */
  async sweep(now = Date.now()): Promise<void> {
    for (const [session, { lastSoundAt }] of await this.chunks.sessions()) {
      if (this.work.signal.aborted) return;
      await this.look(session, lastSoundAt, now);
    }
    const { storageSweepEveryMs } = this.config.recordings;
    if (now - this.limitsAt < storageSweepEveryMs) return;
    this.limitsAt = now;
    if (await this.leases.claim('storage-limits', storageSweepEveryMs)) await this.limits.enforce(now);
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
