import { Injectable } from '@nestjs/common';
import {
  AccountRepository,
  type AccountRecord,
  type OneTimePurpose,
  type OneTimeToken,
} from '@parlance/persistence';
import type { Caller } from '../auth/caller.js';
import {
  codeSchema,
  emailChangeSchema,
  mailRequestSchema,
  passwordResetSchema,
} from '../http/accounts.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { MailRequests } from '../mail/mail-requests.service.js';
import { AttemptLimits } from './attempt-limits.service.js';
import { LearnerAccounts } from './learner-accounts.service.js';
import { LogIns } from './log-ins.service.js';
import { invalidCode, OneTimeTokens } from './one-time-tokens.service.js';
import { Passwords } from './passwords.service.js';

/** A code that was good for something, and whose it was. */
export interface CodeUse {
  readonly tenant: string;
  readonly account: string;
  readonly purpose: OneTimePurpose;
}

/** What people do by mail: show that an address is theirs, have a forgotten password replaced, change the address. */
@Injectable()
export class AccountRecovery {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly learnerAccounts: LearnerAccounts,
    private readonly logIns: LogIns,
    private readonly tokens: OneTimeTokens,
    private readonly passwords: Passwords,
    private readonly limits: AttemptLimits,
    private readonly mails: MailRequests,
  ) {}

  /** Asks for a mail to an address, whether there is an account of it or not.
   *  @throws AppError mail.not_configured, request.invalid, auth.too_many_attempts */
  async ask(kind: 'verify-email' | 'reset-password', address: string, body: unknown): Promise<void> {
    this.mails.require();
    const { organisation: tenant, email } = parseRequest(mailRequestSchema, body);
    await this.limits.mailRequest(address);
    await this.limits.mail(tenant, email);
    await this.mails.add({ tenant, kind, email });
  }

  /** Takes the code of a mail for a proof that its address is the account's, or is to be.
   *  @throws AppError mail.not_configured, request.invalid, auth.invalid_code, account.exists */
  async verifyEmail(body: unknown): Promise<CodeUse> {
    this.mails.require();
    const { token } = parseRequest(codeSchema, body);
    const used = await this.tokens.use(token, ['verify-email', 'change-email']);
    const { tenant, id, email, generation } = await this.ownerOf(used);
    const { from = '', to = '' } = used.data;
    if (used.purpose === 'verify-email') {
      if (!(await this.accounts.verifyEmail(tenant, id, used.data.email ?? ''))) throw invalidCode();
      return { tenant, account: id, purpose: used.purpose };
    }
    // What was asked for before the last change of password may be somebody else's wish.
    if (email !== from || used.data.generation !== String(generation)) throw invalidCode();
    // Before the change, which the sender waits for: a process that dies in between keeps nobody in the dark.
    await this.mails.add({ tenant, kind: 'email-changed', email: from, account: id });
    if (!(await this.accounts.changeEmail(tenant, id, { from, to }))) throw invalidCode();
    return { tenant, account: id, purpose: used.purpose };
  }

  /** Replaces the password by the code of a mail, and ends every log-in.
   *  @throws AppError mail.not_configured, request.invalid, request.rate_limited, auth.invalid_code */
  async resetPassword(body: unknown): Promise<CodeUse> {
    this.mails.require();
    const { token, password } = parseRequest(passwordResetSchema, body);
    // Looked at before it is used, so that a crowd of log-ins costs nobody the code.
    const found = await this.tokens.find(token, ['reset-password']);
    const hash = await this.passwords.hash(found.tenant, password);
    const used = await this.tokens.use(token, ['reset-password']);
    const account = await this.ownerOf(used);
    const { tenant, id, email } = account;
    // One that came before the last change of password or address is over.
    if (email !== used.data.email || String(account.generation) !== used.data.generation) throw invalidCode();
    await this.mails.passwordChange(account);
    await this.logIns.endAll(account, hash);
    await this.accounts.verifyEmail(tenant, id, email);
    return { tenant, account: id, purpose: used.purpose };
  }

  /** Has a code sent to the address that the caller wants to have.
   *  @throws AppError mail.not_configured, request.invalid, auth.too_many_attempts, auth.invalid_credentials, auth.forbidden */
  async changeEmail(caller: Caller, address: string, body: unknown): Promise<void> {
    this.mails.require();
    const { password, email } = parseRequest(emailChangeSchema, body);
    const account = await this.learnerAccounts.confirm(caller, address, password);
    const { tenant, id, generation } = account;
    await this.limits.mail(tenant, email);
    await this.mails.add({ tenant, kind: 'change-email', email, account: id, generation });
  }

  private async ownerOf({ tenant, account }: OneTimeToken): Promise<AccountRecord> {
    const found = account === undefined ? undefined : await this.accounts.find(tenant, account);
    if (!found) throw invalidCode();
    return found;
  }
}
