import { describe, expect, it } from '@jest/globals';
import type { LeaseRepository, MailOutboxRepository, OutgoingMail } from '@parlance/persistence';
import { outsideCall } from '@parlance/resilience';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { gatewaySchema } from '../gateway.config.js';
import type { AccountMails, DueMail } from './account-mails.service.js';
import { MailSender } from './mail-sender.service.js';
import { MailRefused, type MailServer } from './mail-server.provider.js';

const RETRY_MS = 1_000;
const ATTEMPTS = 4;
const CONFIG = gatewaySchema.parse({
  PARLANCE_SMTP_HOST: 'mail.example',
  PARLANCE_MAIL_FROM: 'no-reply@parlance.example',
  PARLANCE_MAIL_LINK_BASE: 'https://learn.example',
  PARLANCE_MAIL_RETRY_MS: String(RETRY_MS),
  PARLANCE_MAIL_ATTEMPTS: String(ATTEMPTS),
});

/** An outbox in memory, a clock, and replicas that share both. */
function installation(write: (due: OutgoingMail) => DueMail = (due) => ({ mail: mailOf(due) })) {
  const kept = new Map<string, OutgoingMail>();
  const sent: string[] = [];
  const state = { nowMs: 0, lease: '', fault: undefined as unknown };
  const outbox = {
    due: async (now: Date, limit: number) =>
      [...kept.values()].filter(({ nextAt }) => nextAt <= now).slice(0, limit),
    claim: async ({ id, attempts }: OutgoingMail, nextAt: Date) => {
      const mail = kept.get(id);
      if (mail?.attempts !== attempts) return false;
      kept.set(id, { ...mail, attempts: attempts + 1, nextAt });
      return true;
    },
    postpone: async ({ id, attempts }: OutgoingMail, nextAt: Date) =>
      void kept.set(id, { ...kept.get(id)!, attempts, nextAt }),
    remove: async ({ id }: OutgoingMail) => void kept.delete(id),
  } as unknown as MailOutboxRepository;
  const leases = {
    acquire: async (_: string, owner: string) => {
      state.lease ||= owner;
      return state.lease === owner;
    },
  } as unknown as LeaseRepository;
  const server = {
    send: async ({ id }: { readonly id: string }) => {
      sent.push(id);
      if (state.fault) throw state.fault;
    },
  } as unknown as MailServer;
  const mails = { write: async (due: OutgoingMail) => write(due) } as unknown as AccountMails;
  const replica = () => {
    const sender = new MailSender(outbox, leases, mails, server, CONFIG, silentLogger);
    return { send: () => sender.sendDue(CONFIG.mail!, () => new Date(state.nowMs)) };
  };
  const add = (id: string): void => {
    const at = new Date(state.nowMs);
    kept.set(id, {
      ...{ id, tenant: 'acme', kind: 'verify-email', email: 'ada@example.com' },
      ...{ attempts: 0, nextAt: at, createdAt: at },
    });
  };
  return { kept, sent, state, replica, add };
}
const mailOf = ({ id }: OutgoingMail) => ({ id, to: 'ada@example.com', subject: 's', text: 't', html: 'h' });

describe('the sender of mails', () => {
  it('sends each once, however many there are, and one replica at a time does', async () => {
    const { kept, sent, replica, add } = installation();
    for (let index = 0; index < 100; index += 1) add(`mail-${index}`);
    const [first, second] = [replica(), replica()];
    expect(await Promise.all([first.send(), second.send()])).toEqual([100, 0]);
    expect([sent.length, new Set(sent).size, kept.size]).toEqual([100, 100, 0]);
  });

  it('tries a mail that was not taken again, each time later, and then no more', async () => {
    const { kept, sent, state, replica, add } = installation();
    state.fault = new MailRefused(451, false);
    add('mail');
    const { send } = replica();
    const pauses: number[] = [];
    for (let before = 0; kept.size > 0;) {
      await send();
      const next = kept.get('mail')?.nextAt.getTime();
      if (next === undefined) break;
      pauses.push(next - before);
      state.nowMs = next - 1;
      await send();
      state.nowMs = before = next;
    }
    expect(pauses).toEqual([RETRY_MS, 2 * RETRY_MS, 4 * RETRY_MS]);
    expect(sent).toHaveLength(ATTEMPTS);
  });

  it('drops at once what is refused for good, and what there is nobody for', async () => {
    const refusing = installation();
    refusing.state.fault = new MailRefused(550, true);
    refusing.add('mail');
    await refusing.replica().send();
    expect([refusing.kept.size, refusing.sent.length]).toEqual([0, 1]);
    const nobody = installation(() => 'nobody');
    nobody.add('mail');
    await nobody.replica().send();
    expect([nobody.kept.size, nobody.sent.length]).toEqual([0, 0]);
  });

  it('has the attempt of a process that died in it made again by another', async () => {
    const { sent, state, replica, add } = installation();
    add('mail');
    // The attempt is counted before it is made: what it comes to is not known.
    state.fault = new Error('the process dies');
    await replica().send();
    state.lease = '';
    state.fault = undefined;
    state.nowMs += RETRY_MS;
    await replica().send();
    expect(sent).toEqual(['mail', 'mail']);
  });

  it('does not count what waits for its change, or for a server that is left alone', async () => {
    const waiting = installation(() => 'later');
    waiting.add('mail');
    await waiting.replica().send();
    expect(waiting.kept.get('mail')).toMatchObject({ attempts: 0, nextAt: new Date(500) });
    const call = outsideCall({
      ...{ name: 'The mail server', timeoutMs: 100, attempts: 1 },
      breaker: { failures: 1, halfOpenAfterMs: 60_000 },
    });
    const fail = () => call.execute(() => Promise.reject(new Error('away')));
    await fail().catch(() => undefined);
    const alone = installation();
    alone.state.fault = await fail().catch((error: unknown) => error);
    alone.add('mail');
    await alone.replica().send();
    expect(alone.kept.get('mail')).toMatchObject({ attempts: 0, nextAt: new Date(10_000) });
  });
});
