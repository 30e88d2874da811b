import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ulid } from 'ulid';
import { isAppError } from '@parlance/errors';
import { LeaseRepository, MailOutboxRepository, type OutgoingMail } from '@parlance/persistence';
import { atMost, isLeftAlone, PeriodicWork } from '@parlance/resilience';
import { counter, LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AccountMails } from './account-mails.service.js';
import { MailRefused, MailServer } from './mail-server.provider.js';
import type { MailConfig } from './mail.config.js';

/** Mails that are looked at together, and sent at once. */
const BATCH = 40;
const AT_ONCE = 4;
const LEASE = 'mail-outbox';
/** Of the store, beside the mail server's own limit. */
const LEASE_SPARE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** A stop waits no longer for a store that does not answer. */
const RELEASE_MS = 3_000;
/** Until the change that a mail tells of is looked for again. */
const CHANGE_PAUSE_MS = 500;
/** While the mail server is left alone. */
const BREAK_PAUSE_MS = 10_000;

type Outcome = 'sent' | 'later' | 'nobody' | 'refused' | 'failed' | 'exhausted';

const mails = () => counter('parlance_mails_total');

/** Sends what is in the outbox, one replica at a time. An attempt is counted before it is made: a process that dies leaves the mail to another. */
@Injectable()
export class MailSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly owner = ulid();
  private readonly work: PeriodicWork | undefined;

  constructor(
    private readonly outbox: MailOutboxRepository,
    private readonly leases: LeaseRepository,
    private readonly accountMails: AccountMails,
    private readonly server: MailServer,
    @Inject(GATEWAY_CONFIG) { mail }: Pick<GatewayConfig, 'mail'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.work =
      mail &&
      new PeriodicWork(() => this.sendDue(mail), {
        everyMs: mail.pollMs,
        onFailure: workFailureReporter(logger, 'mail', 'the mail outbox could not be read just now'),
      });
  }

  onApplicationBootstrap(): void {
    this.work?.start();
  }

  /** Before the store is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.work?.stop();
    await atMost(
      RELEASE_MS,
      this.leases.release(LEASE, this.owner).catch(() => undefined),
    );
  }

  /** Sends what is due, as long as this replica is the one that does. @returns how many mails it looked at */
  async sendDue(config: MailConfig, now: () => Date = () => new Date()): Promise<number> {
    let seen = 0;
    for (;;) {
      const due = await this.outbox.due(now(), BATCH);
      for (let first = 0; first < due.length; first += AT_ONCE) {
        const leaseMs = config.server.limitMs + LEASE_SPARE_MS;
        if (this.work?.signal.aborted || !(await this.leases.acquire(LEASE, this.owner, leaseMs, now())))
          return seen;
        const some = due.slice(first, first + AT_ONCE);
        await Promise.all(some.map((mail) => this.attempt(mail, config, now())));
        seen += some.length;
      }
      if (due.length < BATCH) return seen;
    }
  }

  private async attempt(mail: OutgoingMail, config: MailConfig, now: Date): Promise<void> {
    const { id, tenant, kind } = mail;
    const pauseMs = Math.min(config.retryMs * 2 ** Math.min(mail.attempts, 20), LONGEST_PAUSE_MS);
    if (!(await this.outbox.claim(mail, new Date(now.getTime() + pauseMs)))) return;
    const { outcome, reason } = await this.outcomeOf(mail, config, now);
    mails().inc({ outcome });
    if (outcome === 'failed' || outcome === 'later') return;
    await this.outbox.remove(mail);
    // The address stands in no log.
    const line = { mail: id, tenant, kind, outcome, attempts: mail.attempts + 1, reason };
    if (outcome === 'sent' || outcome === 'nobody') this.logger.debug(line, 'a mail was done with');
    else this.logger.warn(line, 'a mail was not sent, and is not tried again');
  }

  private async outcomeOf(
    due: OutgoingMail,
    { attempts }: MailConfig,
    now: Date,
  ): Promise<{ readonly outcome: Outcome; readonly reason?: string }> {
    try {
      const written = await this.accountMails.write(due, now);
      if (written === 'nobody') return { outcome: 'nobody' };
      if (written === 'later') {
        await this.outbox.postpone(due, new Date(now.getTime() + CHANGE_PAUSE_MS));
        return { outcome: 'later' };
      }
      await this.server.send(written.mail);
      return { outcome: 'sent' };
    } catch (error) {
      if (isLeftAlone(error)) {
        await this.outbox.postpone(due, new Date(now.getTime() + BREAK_PAUSE_MS));
        return { outcome: 'later' };
      }
      const reason = reasonOf(error);
      if (error instanceof MailRefused && error.isForGood) return { outcome: 'refused', reason };
      if (due.attempts + 1 >= attempts) return { outcome: 'exhausted', reason };
      this.logger.info({ mail: due.id, attempts: due.attempts + 1, reason }, 'a mail is tried again later');
      return { outcome: 'failed', reason };
    }
  }
}

/** A code and a status, without what the server was told or said. */
function reasonOf(error: unknown): string {
  if (error instanceof MailRefused) return `SMTP ${error.status}`;
  if (!isAppError(error)) return 'unexpected';
  const cause =
    error.cause instanceof Error && error.cause.message.startsWith('SMTP ') ? error.cause.message : '';
  return `${error.code} ${cause}`.trim();
}
