import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SESSION_ENDED_CHANNEL } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';
import { MessageBus, type Announcements } from '@parlance/messaging';
import {
  AccountRepository,
  ClosingSummaryRepository,
  SessionRepository,
  TurnRepository,
  type SessionRecord,
  type TurnRecord,
} from '@parlance/persistence';
import { atMost, PeriodicWork } from '@parlance/resilience';
import { counter, LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';
import { MODERATION } from '../moderation/moderation.service.js';
import { ClosingSummaryWriter } from './closing-summary-writer.service.js';

/** How often it is looked without an announcement: one that got lost, or a service that died. */
const LOOK_EVERY_MS = 3_000;
/** Nobody else takes a session for so long; a service that dies holds it up no longer. */
const CLAIM_MS = 150_000;
/** Where a turn is still being answered, and after a fault. */
const SOON_MS = 1_000;
const AFTER_FAULT_MS = 30_000;
/** A turn without its reply, or without its report, is not waited for any longer. */
const UNANSWERED_MS = 60_000;
const UNREPORTED_MS = 25_000;
/** Summaries that are written at once, of all tenants together and of one: a slow model, or many ends at a time, hold up nobody else. */
const MOST_AT_ONCE = 4;
const MOST_OF_TENANT = 2;
/** What those in hand get to end at a shutdown. */
const LAST_SUMMARIES_MS = 3_000;
const PAGE = 100;
const MOST_TURNS = 1_000;

const written = () => counter('parlance_closing_summaries_total');

/** Writes the closing summary of every session that has ended. Which ones are due stands with the sessions in the store, from the
 *  moment of their end: a service that dies in the middle leaves its session to another. */
@Injectable()
export class ClosingSummaries implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly work: PeriodicWork;
  private endings: Announcements | undefined;
  /** Those that are being written, with their tenants. */
  private readonly writing = new Map<Promise<void>, string>();

  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly summaries: ClosingSummaryRepository,
    private readonly accounts: AccountRepository,
    private readonly writer: ClosingSummaryWriter,
    private readonly bus: MessageBus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.look(), {
      everyMs: LOOK_EVERY_MS,
      onFailure: workFailureReporter(
        logger,
        'closing-summaries',
        'closing summaries could not be written just now',
      ),
    });
  }

  onApplicationBootstrap(): void {
    this.endings = this.bus.announcements(SESSION_ENDED_CHANNEL);
    void this.listen(this.endings);
    void this.work.runNow();
  }

  /** Before bus and store are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.endings?.close();
    await this.work.stop();
    await atMost(LAST_SUMMARIES_MS, Promise.all(this.writing.keys()));
  }

  /** Begins to write what is due, as many at once as may be; each that is done makes room for the next. */
  async look(): Promise<void> {
    while (!this.work.signal.aborted && this.writing.size < MOST_AT_ONCE) {
      const now = Date.now();
      const session = await this.sessions.claimSummary(
        new Date(now),
        new Date(now + CLAIM_MS),
        this.busyTenants(),
      );
      if (!session) return;
      this.begin(session);
    }
  }

  /** Tenants that have as many in hand as they may. */
  private busyTenants(): string[] {
    const tenants = [...this.writing.values()];
    return [...new Set(tenants)].filter(
      (tenant) => tenants.filter((other) => other === tenant).length >= MOST_OF_TENANT,
    );
  }

  private begin(session: SessionRecord): void {
    const work = this.handle(session)
      .catch((error: unknown) =>
        this.logger.warn({ err: error, session: session.id }, 'a closing summary could not be put off'),
      )
      .finally(() => {
        this.writing.delete(work);
        void this.work.runNow();
      });
    this.writing.set(work, session.tenant);
  }

  private async handle(session: SessionRecord): Promise<void> {
    const { tenant, id } = session;
    let againMs = SOON_MS;
    try {
      if (await this.make(session)) return;
    } catch (error) {
      againMs = AFTER_FAULT_MS;
      this.logger.warn({ err: error, session: id }, 'the closing summary of a session was not written');
    }
    await this.sessions.deferSummary(tenant, id, new Date(Date.now() + againMs));
  }

  /** @returns false where it is too early, or the service ends */
  private async make(session: SessionRecord): Promise<boolean> {
    const { tenant, id, user, context, createdAt, endedAt = new Date() } = session;
    const turns = await this.load(tenant, id);
    if (isBeingAnswered(turns)) return false;
    const language = context.motherLanguage || (await this.motherLanguageOf(tenant, user));
    const { signal } = this.work;
    const { summary, spoken, writtenIn, model } = await this.writer.write(
      { usedBy: { tenant, user }, turns, language },
      signal,
    );
    if (signal.aborted) return false;
    await this.summaries.keep({
      ...{ session: id, tenant, mode: context.mode, language: spoken, writtenIn, model, summary },
      ...(user === undefined ? {} : { user }),
      turns: turns.length,
      startedAt: createdAt,
      endedAt,
      createdAt: new Date(),
    });
    await this.sessions.endSummaryRequest(tenant, id);
    // A session that was deleted meanwhile leaves nothing behind.
    if (!(await this.sessions.find(tenant, id))) await this.summaries.delete(tenant, id);
    written().inc({ model });
    return true;
  }

  private async load(tenant: string, session: string): Promise<TurnRecord[]> {
    const turns: TurnRecord[] = [];
    while (turns.length < MOST_TURNS) {
      const after = turns.at(-1)?.sequence ?? 0;
      const page = await this.turns.list(tenant, session, { after, limit: PAGE });
      turns.push(...page);
      if (page.length < PAGE) break;
    }
    return turns;
  }

  /** As the profile of the user's account has it; empty where there is none. */
  private async motherLanguageOf(tenant: string, user: string | undefined): Promise<string> {
    if (user === undefined) return '';
    try {
      return (await this.accounts.get(tenant, user)).profile.motherLanguage ?? '';
    } catch (error) {
      if (isAppError(error) && error.code === 'account.not_found') return '';
      throw error;
    }
  }

  private async listen(endings: Announcements): Promise<void> {
    try {
      for await (const _ of endings) void this.work.runNow();
    } catch (error) {
      this.logger.warn(
        { err: error },
        'ends of sessions are not announced here any more; they are looked for',
      );
    }
  }
}

/** Whether the session's last turns still get a reply or a report. */
function isBeingAnswered(turns: readonly TurnRecord[], now = Date.now()): boolean {
  return turns.slice(-3).some(({ state, createdAt, reply, feedback }) => {
    if (state === 'transcribed') return now - createdAt.getTime() < UNANSWERED_MS;
    // What moderation answered gets no report.
    if (reply?.model === MODERATION) return false;
    return (
      state === 'replied' && !feedback && now - (reply?.repliedAt ?? createdAt).getTime() < UNREPORTED_MS
    );
  });
}
