import { Inject, Injectable } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { AppError } from '@parlance/errors';
import { outsideCall, type OutsideCall } from '@parlance/resilience';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { MailConfig } from './mail.config.js';

/** A mail as it goes out. */
export interface Mail {
  /** Names the mail, however often it is sent. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** As nodemailer has it. */
interface SmtpFault {
  readonly responseCode?: number;
  readonly code?: string;
  readonly command?: string;
}

/** What the mail server says to one mail; it says so to that mail alone. */
export class MailRefused extends Error {
  /** @param status  as RFC 5321 has it
   *  @param isForGood  whether no other attempt will help */
  constructor(
    readonly status: number,
    readonly isForGood: boolean,
  ) {
    super(`The mail server refuses the mail by ${status}.`);
  }
}

/** Commands of which a refusal is of the mail: before them, of who sends it, which an operator mends. */
const OF_THE_MAIL: ReadonlySet<unknown> = new Set(['RCPT TO', 'DATA']);

/** The server that mail is handed to (SMTP), with a deadline and a breaker; attempts are the outbox' own. */
@Injectable()
export class MailServer {
  private readonly call: OutsideCall;

  constructor(@Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'mail'>) {
    this.call = outsideCall({
      name: 'The mail server',
      timeoutMs: config.mail?.server.limitMs ?? 1,
      attempts: 1,
      isRetryable: (error) => !(error instanceof MailRefused),
    });
  }

  /** @throws MailRefused; AppError upstream.unavailable, request.deadline_exceeded, mail.not_configured */
  async send(mail: Mail): Promise<void> {
    const { mail: config } = this.config;
    if (!config) throw new AppError('mail.not_configured', 'This installation sends no mail.');
    try {
      await this.call.execute(() => handOver(config, mail));
    } catch (error) {
      throw error instanceof AppError && error.cause instanceof MailRefused ? error.cause : error;
    }
  }
}

async function handOver({ server, from }: MailConfig, mail: Mail): Promise<void> {
  const { host, port, tls, user, password, limitMs } = server;
  const transport = createTransport({
    ...{ host, port, secure: tls === 'tls', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    // The call has a deadline as well; these close what it leaves behind.
    ...{ connectionTimeout: limitMs, greetingTimeout: limitMs, socketTimeout: limitMs, dnsTimeout: limitMs },
    ...{ logger: false, debug: false, disableFileAccess: true, disableUrlAccess: true },
    tls: { minVersion: 'TLSv1.2' },
  });
  const { id, to, subject, text, html } = mail;
  try {
    await transport.sendMail({
      from,
      // As an object: nothing in it is read as a list of addresses.
      to: { name: '', address: to },
      envelope: { from: from.address, to },
      messageId: `<${id.toLowerCase()}@${from.address.split('@')[1]}>`,
      ...{ subject, text, html },
      // RFC 3834: no automatic answers to automatic mail.
      headers: { 'auto-submitted': 'auto-generated' },
    });
  } catch (error) {
    const { responseCode, code, command } = error as SmtpFault;
    if (responseCode !== undefined && OF_THE_MAIL.has(command))
      throw new MailRefused(responseCode, responseCode >= 500);
    // Without its cause, whose text may have what the server was told.
    // eslint-disable-next-line preserve-caught-error
    throw new Error(`SMTP ${code ?? 'failed'}${responseCode === undefined ? '' : ` ${responseCode}`}`);
  } finally {
    transport.close();
  }
}
