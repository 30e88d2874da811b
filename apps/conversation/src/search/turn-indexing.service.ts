import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sessionContextSchema, type TurnTranscribed } from '@parlance/contracts';
import {
  LeaseRepository,
  SessionRepository,
  termsOf,
  TurnRepository,
  TurnSearchRepository,
  type UnindexedTurn,
} from '@parlance/persistence';
import { PeriodicWork } from '@parlance/resilience';
import { LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';

/** A turn that has its reply by then is indexed with it; one that failed, or whose service died, is indexed here, and once more with a
 *  reply that comes later. */
const OVERDUE_MS = 60_000;
const LOOK_EVERY_MS = 15_000;
const FIRST_LOOK_MS = 1_000;
const BATCH = 200;
/** Between two batches: turns of an earlier release are many, and people wait for replies meanwhile. */
const PAUSE_MS = 50;
const LEASE = 'turn-index';
const LEASE_MS = 60_000;

const DEFAULT_MODE = sessionContextSchema.parse({}).mode;

/** Makes turns findable: each one after its reply, and those that are not indexed yet a batch at a time. Done twice, it changes nothing. */
@Injectable()
export class TurnIndexing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly owner = randomUUID();
  private readonly work: PeriodicWork;

  constructor(
    private readonly index: TurnSearchRepository,
    private readonly turns: TurnRepository,
    private readonly sessions: SessionRepository,
    private readonly leases: LeaseRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.look(), {
      ...{ firstMs: FIRST_LOOK_MS, everyMs: LOOK_EVERY_MS },
      onFailure: workFailureReporter(logger, 'turn-index', 'turns could not be indexed just now'),
    });
  }

  onApplicationBootstrap(): void {
    this.work.start();
  }

  /** Before the store is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  /** Indexes an answered turn. @throws AppError store.unavailable, turn.not_found */
  async add({ identity }: TurnTranscribed): Promise<void> {
    const { tenant, session, turn } = identity;
    const [kept, spoken] = await Promise.all([this.sessions.find(tenant, session), this.turns.get(identity)]);
    const entry = {
      ...(kept?.user === undefined ? {} : { user: kept.user }),
      mode: kept?.context.mode ?? DEFAULT_MODE,
      terms: termsOf(spoken.text, spoken.reply?.text ?? ''),
    };
    await this.index.index(tenant, turn, entry, spoken.reply !== undefined);
  }

  /** Indexes what should be by `now` and is not. Of several replicas one does. @returns how many turns */
  async look(now = Date.now()): Promise<number> {
    let count = 0;
    try {
      while (!this.work.signal.aborted && (await this.leases.acquire(LEASE, this.owner, LEASE_MS))) {
        const due = await this.index.unindexed(new Date(now - OVERDUE_MS), BATCH);
        await this.addAll(due);
        count += due.length;
        if (due.length < BATCH) break;
        await delay(PAUSE_MS);
      }
    } finally {
      await this.leases.release(LEASE, this.owner);
    }
    if (count > 0) this.logger.info({ turns: count }, 'turns were indexed that had not been');
    return count;
  }

  private async addAll(due: readonly UnindexedTurn[]): Promise<void> {
    const sessions = await this.sessions.findMany([...new Set(due.map(({ session }) => session))]);
    const known = new Map(sessions.map((session) => [session.id, session]));
    for (const { _id, tenant, session, text, reply } of due) {
      const { user, context } = known.get(session) ?? {};
      const entry = {
        ...(user === undefined ? {} : { user }),
        mode: context?.mode ?? DEFAULT_MODE,
        terms: termsOf(text, reply?.text ?? ''),
      };
      await this.index.index(tenant, _id, entry, reply !== undefined);
    }
  }
}
