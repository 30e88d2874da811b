import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SessionRepository } from '@parlance/persistence';
import { lastWork } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { VoiceSessions } from './voice-sessions.service.js';

const BATCH = 100;
const LONGEST_PAUSE_MS = 60_000;
/** Replicas that start together do not sweep together. */
const JITTER = 0.2;

/** Ends sessions that were left idle. Several replicas may sweep at once: each session is ended by one of them. */
@Injectable()
export class SessionSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;
  private readonly idleMs: number;

  constructor(
    private readonly repository: SessionRepository,
    private readonly sessions: VoiceSessions,
    @Inject(GATEWAY_CONFIG) { sessionIdleMs }: Pick<GatewayConfig, 'sessionIdleMs'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.idleMs = sessionIdleMs;
  }

  onApplicationBootstrap(): void {
    if (this.idleMs > 0) this.schedule();
  }

  /** Before the store is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await lastWork(this.running);
  }

  /** Ends what is idle at `now`. @returns how many sessions it looked at */
  async sweep(now = new Date()): Promise<number> {
    const since = new Date(now.getTime() - this.idleMs);
    let seen = 0;
    for (let more = true; more && !this.isStopped;) {
      const idle = await this.repository.idle(since, BATCH);
      for (const session of idle) await this.sessions.endIdle(session, since);
      seen += idle.length;
      more = idle.length === BATCH;
    }
    if (seen > 0) this.logger.info({ sessions: seen }, 'idle sessions ended');
    return seen;
  }

  private schedule(): void {
    const pauseMs = Math.min(this.idleMs / 4, LONGEST_PAUSE_MS) * (1 + JITTER * Math.random());
    this.timer = setTimeout(() => {
      this.running = this.sweepAndGoOn();
    }, pauseMs).unref();
  }

  /** Never rejects: what is not ended now is ended by the next sweep. */
  private async sweepAndGoOn(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.logger.warn({ err: error }, 'idle sessions could not be ended just now');
    }
    if (!this.isStopped) this.schedule();
  }
}
