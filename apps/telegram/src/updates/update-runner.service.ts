import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Update } from 'grammy/types';
import { randomUUID } from 'node:crypto';
import { AppError, cancelled, toAppError } from '@parlance/errors';
import {
  BotCoordinationRepository,
  UpdateInboxRepository,
  type HeldUpdate,
  type UpdateLease,
} from '@parlance/persistence';
import { atMost, PeriodicWork } from '@parlance/resilience';
import {
  counter,
  gauge,
  histogram,
  LOGGER,
  SpanKind,
  withSpan,
  workFailureReporter,
  type Logger,
} from '@parlance/telemetry';
import { PracticeBot } from '../bot/practice-bot.service.js';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../telegram.config.js';
import { ownerOf, readUpdate } from './update.schema.js';

/** How often updates are looked for that nobody works on. */
const SWEEP_MS = 1_000;
const EXPIRY_MS = 10 * 60_000;
/** An update that fails so often is the bot's fault and is left alone. */
const MOST_ATTEMPTS = 8;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** Time for cut updates to be handed back. */
const CUT_MS = 2_000;

const outcomes = () => counter('parlance_telegram_updates_total');
const duration = () => histogram('parlance_telegram_update_seconds');
const atWork = () => gauge('parlance_telegram_updates_running');

interface RunningUpdate {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Works on updates: each is kept in the store first, then worked on by one replica under a lease, and finished there. One
 *  whose replica dies, or which fails for a while, is worked on again. */
@Injectable()
export class UpdateRunner implements OnApplicationBootstrap {
  private readonly holder = randomUUID();
  private readonly running = new Map<string, RunningUpdate>();
  private readonly sweeping: PeriodicWork;
  private readonly expiry: PeriodicWork;
  private isDraining = false;

  constructor(
    private readonly inbox: UpdateInboxRepository,
    private readonly coordination: BotCoordinationRepository,
    private readonly bot: PracticeBot,
    @Inject(TELEGRAM_CONFIG) private readonly config: TelegramConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.sweeping = new PeriodicWork(() => this.sweep(), {
      everyMs: SWEEP_MS,
      onFailure: workFailureReporter(
        logger,
        'updates',
        'updates that are due could not be read, trying again',
      ),
    });
    this.expiry = new PeriodicWork(() => this.deleteExpired(), {
      everyMs: EXPIRY_MS,
      onFailure: workFailureReporter(
        logger,
        'expired-updates',
        'old updates could not be deleted, trying again later',
      ),
    });
  }

  onApplicationBootstrap(): void {
    this.sweeping.start();
    this.expiry.start();
  }

  /** Keeps an update and begins to work on it, unless it came before. Resolves once it is kept: then it cannot be lost.
   *  @throws AppError request.invalid for what is no update; service.draining, inference.overloaded and store.unavailable
   *  where it has to be sent again later */
  async receive(body: unknown): Promise<void> {
    const update = readUpdate(body);
    if (this.isDraining) throw new AppError('service.draining', 'This process is about to end.');
    const { bot } = this.config.telegram;
    if ((await this.inbox.countOpen(bot)) >= this.config.updates.maxOpen)
      throw new AppError('inference.overloaded', 'Too many updates wait already.');
    const lease = this.room > 0 ? this.lease() : undefined;
    const arrived = { bot, updateId: update.update_id, owner: ownerOf(bot, update), update };
    const held = await this.inbox.add(arrived, lease);
    if (held) this.start(held);
  }

  /** Begins nothing new; waits for what is being worked on, and hands the rest to other replicas. */
  async drain(limitMs: number): Promise<void> {
    this.isDraining = true;
    void this.sweeping.stop();
    void this.expiry.stop();
    const all = (): Promise<unknown> => Promise.all([...this.running.values()].map(({ done }) => done));
    if (await atMost(limitMs, all())) return;
    for (const { stop } of this.running.values()) stop.abort(cancelled());
    await atMost(CUT_MS, all());
  }

  private get room(): number {
    return this.config.updates.maxAtOnce - this.running.size;
  }

  private lease(afterMs = this.config.updates.leaseMs): UpdateLease {
    return { holder: this.holder, until: new Date(Date.now() + afterMs) };
  }

  /** Works on what is due: updates that nobody began, that failed, or whose replica is silent. */
  private async sweep(): Promise<void> {
    if (this.room <= 0) return;
    const due = await this.inbox.claim(this.config.telegram.bot, this.lease(), this.room);
    for (const held of due) this.start(held);
  }

  private async deleteExpired(): Promise<void> {
    await this.inbox.deleteExpired();
    await this.coordination.deleteExpired();
  }

  private start(held: HeldUpdate): void {
    if (this.running.has(held.id)) return;
    const stop = new AbortController();
    const done = this.run(held, stop)
      .catch((error: unknown) =>
        this.logger.error({ err: error, update: held.id }, 'an update is left to its lease'),
      )
      .finally(() => {
        this.running.delete(held.id);
        atWork().set(this.running.size);
      });
    this.running.set(held.id, { stop, done });
    atWork().set(this.running.size);
  }

  private async run(held: HeldUpdate, stop: AbortController): Promise<void> {
    const renewal = setInterval(() => void this.renew(held.id, stop), this.config.updates.leaseMs / 3);
    const end = duration().startTimer();
    try {
      await withSpan('telegram update', { kind: SpanKind.CONSUMER }, () =>
        this.bot.handle(held.update as Update, { id: held.id, attempt: held.attempts, signal: stop.signal }),
      );
      await this.finish(held, 'done');
    } catch (error) {
      await this.fail(held, toAppError(error));
    } finally {
      clearInterval(renewal);
      end();
    }
  }

  private async renew(id: string, stop: AbortController): Promise<void> {
    try {
      if (!(await this.inbox.extend(id, this.lease()))) stop.abort(cancelled());
    } catch (error) {
      this.logger.warn({ err: error, update: id }, 'the lease of an update could not be renewed');
    }
  }

  /** What another try may cure is tried again, at the time that the fault names or ever later. */
  private async fail(held: HeldUpdate, fault: AppError): Promise<void> {
    const { id, attempts } = held;
    if (fault.code === 'request.cancelled') {
      outcomes().inc({ outcome: 'handed_over' });
      await this.inbox.extend(id, this.lease(0));
      return;
    }
    if (fault.retryable && attempts < MOST_ATTEMPTS) {
      const backoffMs = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
      const pauseMs = Math.max(backoffMs, (fault.retryAfterSeconds ?? 0) * 1_000);
      this.logger.warn({ err: fault, update: id, attempts, pauseMs }, 'an update failed and is tried again');
      outcomes().inc({ outcome: 'retried' });
      await this.inbox.extend(id, this.lease(pauseMs));
      return;
    }
    this.logger.error({ err: fault, update: id, attempts }, 'an update failed');
    // Telegram refuses what goes to someone who has blocked the bot: there is nobody to tell.
    if (fault.code !== 'request.invalid') await this.bot.apologise(held.update as Update);
    await this.finish(held, 'failed');
  }

  private async finish({ id }: HeldUpdate, outcome: string): Promise<void> {
    await this.inbox.finish(id, this.holder);
    outcomes().inc({ outcome });
  }
}
