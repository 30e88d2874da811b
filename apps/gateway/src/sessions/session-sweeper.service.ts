import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SessionRepository } from '@parlance/persistence';
import { PeriodicWork } from '@parlance/resilience';
import { LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { VoiceSessions } from './voice-sessions.service.js';

const BATCH = 100;
const LONGEST_PAUSE_MS = 60_000;

/** Ends sessions that were left idle. Several replicas may sweep at once: each session is ended by one of them. */
@Injectable()
export class SessionSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly work: PeriodicWork;
  private readonly idleMs: number;

  constructor(
    private readonly repository: SessionRepository,
    private readonly sessions: VoiceSessions,
    @Inject(GATEWAY_CONFIG) { sessionIdleMs }: Pick<GatewayConfig, 'sessionIdleMs'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.idleMs = sessionIdleMs;
    this.work = new PeriodicWork(() => this.sweep(), {
      everyMs: Math.min(sessionIdleMs / 4, LONGEST_PAUSE_MS),
      onFailure: workFailureReporter(logger, 'idle-sessions', 'idle sessions could not be ended just now'),
    });
  }

  onApplicationBootstrap(): void {
    if (this.idleMs > 0) this.work.start();
  }

  /** Before the store is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  /** Ends what is idle at `now`. @returns how many sessions it looked at */
  async sweep(now = new Date()): Promise<number> {
    const since = new Date(now.getTime() - this.idleMs);
    let seen = 0;
    for (let more = true; more && !this.work.signal.aborted;) {
      const idle = await this.repository.idle(since, BATCH);
      for (const session of idle) await this.sessions.endIdle(session, since);
      seen += idle.length;
      more = idle.length === BATCH;
    }
    if (seen > 0) this.logger.info({ sessions: seen }, 'idle sessions ended');
    return seen;
  }
}
