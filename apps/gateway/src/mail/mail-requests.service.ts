import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { AppError } from '@parlance/errors';
import { MailOutboxRepository, type AccountRecord, type OutgoingMail } from '@parlance/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** A mail that somebody is to get. */
export type MailRequest = Pick<OutgoingMail, 'tenant' | 'kind' | 'email' | 'account' | 'generation'>;

/** Keeps mails to be sent. Nobody's account is looked up here, so that no answer tells by its time whether there is one. */
@Injectable()
export class MailRequests {
  constructor(
    private readonly outbox: MailOutboxRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'mail'>,
  ) {}

  /** Whether this installation sends mail. */
  get areSent(): boolean {
    return this.config.mail !== undefined;
  }

  /** @throws AppError mail.not_configured */
  require(): void {
    if (!this.areSent)
      throw new AppError('mail.not_configured', 'This installation sends no mail: PARLANCE_SMTP_HOST.');
  }

  async add(request: MailRequest, now = new Date()): Promise<void> {
    await this.outbox.add({ id: ulid(), ...request, attempts: 0, nextAt: now, createdAt: now });
  }

  /** A notice for the owner of an account whose password is about to change; nothing where no mail is sent. */
  async passwordChange({ tenant, id, email, generation }: AccountRecord, now = new Date()): Promise<void> {
    if (this.areSent)
      await this.add({ tenant, kind: 'password-changed', email, account: id, generation }, now);
  }
}
