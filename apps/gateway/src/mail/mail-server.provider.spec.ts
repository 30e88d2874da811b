import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../../../test/support/free-port.js';
import { TestMailServer } from '../../../../test/support/mail-server.js';
import { gatewaySchema } from '../gateway.config.js';
import { MailRefused, MailServer, type Mail } from './mail-server.provider.js';

const LOGIN = { user: 'parlance', password: 'what the mail server asks for' };
const MAIL: Mail = {
  ...{ id: '01J00000000000000000000000', to: 'ada@example.com', subject: 'Bitte bestätigen' },
  ...{ text: 'Guten Tag,\n\nhttps://learn.example\n', html: '<p>Guten Tag,</p>' },
};

let server: TestMailServer;
beforeEach(async () => {
  server = await TestMailServer.start({ login: LOGIN });
});
afterEach(() => server.stop());

const client = (changes: Readonly<Record<string, string>> = {}): MailServer =>
  new MailServer(
    gatewaySchema.parse({
      PARLANCE_SMTP_HOST: '127.0.0.1',
      PARLANCE_SMTP_PORT: String(server.port),
      PARLANCE_SMTP_TLS: 'none',
      PARLANCE_SMTP_USER: LOGIN.user,
      PARLANCE_SMTP_PASSWORD: LOGIN.password,
      PARLANCE_SMTP_LIMIT_MS: '10000',
      PARLANCE_MAIL_FROM: 'no-reply@parlance.example',
      PARLANCE_MAIL_FROM_NAME: 'Parlance, Inc.',
      PARLANCE_MAIL_LINK_BASE: 'https://learn.example',
      ...changes,
    }),
  );
const faultOf = async (sent: Promise<void>): Promise<unknown> =>
  sent.then(
    () => 'sent',
    (error: unknown) => error,
  );

describe('a mail server', () => {
  it('gets a mail as text and HTML, from whom it is, by the name it has whenever it is sent', async () => {
    await client().send(MAIL);
    const [mail] = server.mails;
    expect(mail).toMatchObject({
      ...{
        subject: 'Bitte bestätigen',
        text: MAIL.text,
        messageId: `<${MAIL.id.toLowerCase()}@parlance.example>`,
      },
    });
    expect(mail!.html).toContain('<p>Guten Tag,</p>');
    expect(mail!.from?.value).toEqual([{ address: 'no-reply@parlance.example', name: 'Parlance, Inc.' }]);
    expect(mail!.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it.each([
    ['subject', { subject: 'Hello\r\nBcc: mallory@example.com\r\n\r\nBuy' }],
    ['id', { id: 'a\r\nBcc: mallory@example.com' }],
    ['address', { to: 'ada@example.com>, <mallory@example.com' }],
    ['address', { to: 'ada@example.com\r\nBcc: mallory@example.com' }],
  ])('gets no header and no recipient from within the %s', async (_, changes) => {
    await faultOf(client().send({ ...MAIL, ...changes }));
    for (const { headers, to, bcc } of server.mails) {
      expect(bcc).toBeUndefined();
      expect(headers.has('bcc')).toBe(false);
      expect([to].flat().flatMap((list) => list?.value ?? [])).toHaveLength(1);
    }
  });

  it.each([
    [451, false],
    [550, true],
  ] as const)('that answers %d refuses the mail', async (status, isForGood) => {
    server.behaviour = status;
    const fault = await faultOf(client().send(MAIL));
    expect(fault).toBeInstanceOf(MailRefused);
    expect(fault).toMatchObject({ status, isForGood });
  });

  it.each([
    ['hang', 'request.deadline_exceeded'],
    ['drop', 'upstream.unavailable'],
  ] as const)('that does %s is not waited for', async (behaviour, code) => {
    server.behaviour = behaviour;
    const begun = performance.now();
    const sender = client({ PARLANCE_SMTP_LIMIT_MS: '400' });
    expect(await faultOf(sender.send(MAIL))).toMatchObject({ code });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('that takes no such password, speaks no TLS where it is insisted on, or is not there, is at fault, not the mail; nothing secret is said', async () => {
    for (const changes of [
      { PARLANCE_SMTP_PASSWORD: 'a wrong password' },
      { PARLANCE_SMTP_TLS: 'starttls' },
      { PARLANCE_SMTP_PORT: String(await freePort()) },
    ] as readonly Readonly<Record<string, string>>[]) {
      const fault = (await faultOf(client(changes).send(MAIL))) as Error & { readonly cause?: Error };
      expect(fault).toMatchObject({ code: 'upstream.unavailable' });
      const said = `${fault.message} ${fault.stack} ${fault.cause?.message} ${fault.cause?.stack}`;
      expect(said).not.toMatch(/a wrong password|what the mail server|ada@example/);
    }
    expect(server.mails).toEqual([]);
  });

  it('whose certificate nobody trusts is told nothing', async () => {
    const untrusted = await TestMailServer.start({ login: LOGIN, tls: {} });
    try {
      for (const tls of ['starttls', 'tls']) {
        const sender = client({ PARLANCE_SMTP_PORT: String(untrusted.port), PARLANCE_SMTP_TLS: tls });
        expect(await faultOf(sender.send(MAIL))).toMatchObject({ code: 'upstream.unavailable' });
      }
      expect(untrusted.attempts).toBe(0);
    } finally {
      await untrusted.stop();
    }
  });

  it('that fails again and again is left alone for a while', async () => {
    server.behaviour = 'drop';
    const sender = client();
    for (let count = 0; count < 5; count += 1) await faultOf(sender.send(MAIL));
    const { attempts } = server;
    expect(await faultOf(sender.send(MAIL))).toMatchObject({ code: 'upstream.unavailable' });
    expect(server.attempts).toBe(attempts);
  });
});
