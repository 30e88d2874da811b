import { Inject, Injectable } from '@nestjs/common';
import {
  AccountRepository,
  OrganisationRepository,
  type AccountRecord,
  type OneTimePurpose,
  type OutgoingMail,
} from '@parlance/persistence';
import { OneTimeTokens } from '../access/one-time-tokens.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { writeMail } from './mail-text.js';
import type { MailTextName } from './mail-texts.data.js';
import type { Mail } from './mail-server.provider.js';

const HOUR_MS = 3_600_000;
const VERIFY_HOURS = 24;
const RESET_HOURS = 1;
/** A change that a mail tells of is made by then, or never. */
const CHANGE_MS = 60_000;

/** What becomes of a mail that is due: it is sent, it waits for the change that it tells of, or there is nobody to send it to. */
export type DueMail = { readonly mail: Mail } | 'later' | 'nobody';

/** Pages of the front end that links lead to. */
const PAGES = {
  'verify-email': 'verify-email',
  'change-email': 'verify-email',
  'reset-password': 'reset-password',
} as const satisfies Partial<Record<MailTextName, string>>;

/** Decides at the time of sending whom a mail goes to, and writes it. A code is made with each attempt: none is kept in the outbox. */
@Injectable()
export class AccountMails {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly organisations: OrganisationRepository,
    private readonly tokens: OneTimeTokens,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'mail'>,
  ) {}

  async write(due: OutgoingMail, now = new Date()): Promise<DueMail> {
    const { tenant, email } = due;
    const named = due.account === undefined ? undefined : await this.accounts.find(tenant, due.account);
    const pending = now.getTime() - due.createdAt.getTime() < CHANGE_MS ? 'later' : 'nobody';
    switch (due.kind) {
      case 'sign-up': {
        if (named) return this.verification(due, named, now);
        const owner = await this.accounts.findByEmail(tenant, email);
        return owner ? this.notice('address-taken', due, owner) : pending;
      }
      case 'verify-email': {
        const owner = await this.accounts.findByEmail(tenant, email);
        return owner ? this.verification(due, owner, now) : 'nobody';
      }
      case 'reset-password': {
        const owner = await this.accounts.findByEmail(tenant, email);
        // Without a password the organisation's own provider logs the person in.
        if (!owner?.passwordHash) return 'nobody';
        const data = { email, generation: String(owner.generation) };
        return this.withCode('reset-password', due, owner, data, now);
      }
      case 'password-changed': {
        if (!named || due.generation === undefined) return 'nobody';
        return named.generation > due.generation ? this.notice('password-changed', due, named) : pending;
      }
      case 'change-email': {
        if (!named) return 'nobody';
        if (named.generation !== due.generation) return 'nobody';
        const owner = await this.accounts.findByEmail(tenant, email);
        if (owner) return owner.id === named.id ? 'nobody' : this.notice('address-taken', due, owner);
        const data = { from: named.email, to: email, generation: String(named.generation) };
        return this.withCode('change-email', due, named, data, now);
      }
      case 'email-changed': {
        if (!named) return 'nobody';
        return named.email === email ? pending : this.notice('email-changed', due, named);
      }
    }
  }

  private async verification(due: OutgoingMail, owner: AccountRecord, now: Date): Promise<DueMail> {
    if (owner.emailVerifiedAt || owner.email !== due.email) return 'nobody';
    return this.withCode('verify-email', due, owner, { email: owner.email }, now);
  }

  private async withCode(
    what: keyof typeof PAGES & OneTimePurpose,
    due: OutgoingMail,
    owner: AccountRecord,
    data: Readonly<Record<string, string>>,
    now: Date,
  ): Promise<DueMail> {
    const hours = what === 'reset-password' ? RESET_HOURS : VERIFY_HOURS;
    const { tenant, id: account } = owner;
    const token = await this.tokens.make(
      { tenant, purpose: what, account, data, lastsMs: hours * HOUR_MS },
      now,
    );
    // Behind the `#`, which browsers send to nobody.
    const link = `${this.config.mail?.linkBase}/${PAGES[what]}#token=${token}`;
    return this.notice(what, due, owner, { link, hours });
  }

  private async notice(
    what: MailTextName,
    { id, tenant, email }: OutgoingMail,
    owner: AccountRecord,
    values: { readonly link?: string; readonly hours?: number } = {},
  ): Promise<DueMail> {
    const organisation = (await this.organisations.find(tenant))?.name ?? tenant;
    const isOwners = owner.email === email && owner.emailVerifiedAt !== undefined;
    const name = isOwners ? owner.profile.name : undefined;
    const written = writeMail(what, owner.profile.motherLanguage, { organisation, name, ...values });
    return { mail: { id, to: email, ...written } };
  }
}
