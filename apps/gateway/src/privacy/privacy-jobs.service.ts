import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ulid } from 'ulid';
import { toAppError } from '@parlance/errors';
import { PrivacyJobRepository, type PrivacyJobChange, type PrivacyJobRecord } from '@parlance/persistence';
import { PeriodicWork } from '@parlance/resilience';
import { LOGGER, withSpan, workFailureReporter, type Logger } from '@parlance/telemetry';
import { AuditLog } from '../audit/audit-log.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { LearnerErasure } from './learner-erasure.service.js';
import { LearnerExport } from './learner-export.service.js';
import { Retention } from './retention.service.js';

/** An export that has failed so often is not tried again; an erasure always is. */
const MOST_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** Works on exports and erasures, one at a time. Every replica does; a job whose process has died is another's once its lease has ended. */
@Injectable()
export class PrivacyJobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly holder = ulid();
  private readonly work: PeriodicWork;

  constructor(
    private readonly jobs: PrivacyJobRepository,
    private readonly exports: LearnerExport,
    private readonly erasure: LearnerErasure,
    private readonly retention: Retention,
    private readonly audit: AuditLog,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'privacy'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.runDue(), {
      everyMs: config.privacy.pollMs,
      onFailure: workFailureReporter(
        logger,
        'privacy-jobs',
        'exports and erasures could not be worked on, trying again',
      ),
    });
  }

  onApplicationBootstrap(): void {
    this.work.start();
  }

  /** Before the stores are closed. A job that is under way is begun anew by another process. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  /** A new job need not wait for the next look. */
  wake(): void {
    void this.work.runNow();
  }

  private async runDue(): Promise<void> {
    for (let job = await this.claim(); job; job = await this.claim()) await this.run(job);
    await this.retention.enforce(this.holder);
  }

  private async claim(): Promise<PrivacyJobRecord | undefined> {
    return this.work.signal.aborted ? undefined : this.jobs.claim(this.holder, this.config.privacy.leaseMs);
  }

  private async run(job: PrivacyJobRecord): Promise<void> {
    const { id, tenant, kind } = job;
    const lease = this.keepLease(id);
    const about = { job: id, tenant, kind };
    try {
      const { change, isOver } = await withSpan(`privacy.${kind}`, { identity: { tenant } }, () =>
        this.handle(job, lease.stillMine),
      );
      await this.jobs.release(id, this.holder, change, isOver);
      this.logger.info({ ...about, state: change.state, parts: change.parts }, 'privacy job worked on');
    } catch (error) {
      await this.postpone(job, error);
      this.logger.warn({ err: error, ...about, attempt: job.attempts }, 'a privacy job failed');
    } finally {
      lease.stop();
    }
  }

  private async handle(
    job: PrivacyJobRecord,
    stillMine: () => void,
  ): Promise<{ readonly change: PrivacyJobChange; readonly isOver: boolean }> {
    const { user, tenant, id, kind } = job;
    // Of a job that is over nobody knows the learner; it is not open either.
    if (user === undefined) return { change: {}, isOver: true };
    const named = { ...job, user };
    const done =
      kind === 'export'
        ? { change: await this.exports.make(named, stillMine), isOver: true }
        : await this.erasure.pass(named, this.holder, stillMine);
    stillMine();
    if (done.isOver) {
      const target = { kind: 'learner', id: user };
      await this.audit.writeOwn({ tenant, action: `${kind}.done`, target, details: { job: id } });
    }
    return done;
  }

  private async postpone({ id, kind, attempts, state }: PrivacyJobRecord, error: unknown): Promise<void> {
    const isOver = kind === 'export' && attempts >= MOST_ATTEMPTS;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20), LONGEST_PAUSE_MS);
    const dueAt = new Date(Date.now() + (this.work.signal.aborted ? 0 : pauseMs));
    const change = isOver
      ? ({ state: 'failed', fault: toAppError(error).code, finishedAt: new Date() } as const)
      : { state: state === 'queued' ? ('queued' as const) : state, dueAt };
    await this.jobs.release(id, this.holder, change, isOver).catch(() => undefined);
  }

  /** Keeps the job ours while it is worked on. */
  private keepLease(id: string) {
    const { leaseMs } = this.config.privacy;
    let until = performance.now() + leaseMs;
    const extend = async (): Promise<void> => {
      const asked = performance.now();
      if (await this.jobs.extend(id, this.holder, leaseMs)) until = asked + leaseMs;
    };
    const timer = setInterval(() => void extend().catch(() => undefined), leaseMs / 3);
    return {
      stop: () => clearInterval(timer),
      stillMine: (): void => {
        if (this.work.signal.aborted || performance.now() > until)
          throw new Error('another process has the job');
      },
    };
  }
}
