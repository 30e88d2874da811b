import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { AppError } from '@parlance/errors';
import {
  AccountRepository,
  OrganisationRepository,
  type AccountRecord,
  type RefreshOwner,
} from '@parlance/persistence';
import type { Caller } from '../auth/caller.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import {
  logInSchema,
  passwordChangeSchema,
  profileChangeSchema,
  refreshSchema,
  signUpSchema,
} from '../http/accounts.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { MailRequests } from '../mail/mail-requests.service.js';
import { accountViewOf, LogIns } from './log-ins.service.js';
import { AttemptLimits } from './attempt-limits.service.js';
import { Passwords } from './passwords.service.js';

/** People's accounts: made, logged in to, logged out of, their passwords and profiles. */
@Injectable()
export class LearnerAccounts {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly organisations: OrganisationRepository,
    private readonly logIns: LogIns,
    private readonly passwords: Passwords,
    private readonly limits: AttemptLimits,
    private readonly mails: MailRequests,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'mail'>,
  ) {}

  /**
   * Makes an account. Where mail is sent, the answer and its time are the same for an address that is taken: whoever reads its mail
   * learns the difference.
   * @returns the log-in; undefined where a mail says how to go on
   * @throws AppError request.invalid, auth.too_many_attempts, organisation.not_found, auth.forbidden, account.exists
   */
  async signUp(address: string, body: unknown, now = new Date()) {
    const { organisation: tenant, email, password, profile } = parseRequest(signUpSchema, body);
    await this.limits.signUp(address);
    const { signUp } = await this.organisations.get(tenant);
    if (!signUp)
      throw new AppError('auth.forbidden', 'The organisation makes the accounts of its learners itself.');
    const account: AccountRecord = {
      ...{ id: ulid(), tenant, email, passwordHash: await this.passwords.hash(tenant, password) },
      ...{ role: 'learner', profile, generation: 0, version: 1, createdAt: now },
    };
    if (!this.mails.areSent) {
      await this.accounts.create(account);
      return this.logIns.begin(account, now);
    }
    await this.limits.mail(tenant, email);
    // The mail first: a process that dies in between leaves no account that nobody was told of.
    await this.mails.add({ tenant, kind: 'sign-up', email, account: account.id }, now);
    await this.accounts.create(account).catch(unlessTaken);
    return undefined;
  }

  /** @throws AppError request.invalid, auth.too_many_attempts, auth.invalid_credentials, auth.email_unverified */
  async logIn(address: string, body: unknown, now = new Date()) {
    const { organisation: tenant, email, password } = parseRequest(logInSchema, body);
    const attempt = await this.limits.logIn(tenant, email, address);
    const account = await attempt.unlessRefused(async () => {
      const found = await this.accounts.findByEmail(tenant, email);
      return (await this.passwords.isRight(tenant, password, found?.passwordHash)) ? found : undefined;
    });
    if (!account) throw invalidCredentials();
    await attempt.succeeded();
    if (this.config.mail?.mustVerify && !account.emailVerifiedAt)
      throw new AppError(
        'auth.email_unverified',
        'The e-mail address is not verified: follow the link that was sent to it, or ask for another one.',
      );
    return this.logIns.begin(account, now);
  }

  /**
   * A new access token and a new refresh token for a refresh token.
   * @throws AppError request.invalid, and as `LogIns.goOn`
   */
  async refresh(body: unknown, now = new Date()) {
    const { refreshToken } = parseRequest(refreshSchema, body);
    return this.logIns.goOn(refreshToken, now);
  }

  /** Ends the log-in that a refresh token came of. @returns whose it was; undefined where it is nobody's, and nothing ended */
  async logOut(body: unknown): Promise<RefreshOwner | undefined> {
    const { refreshToken } = parseRequest(refreshSchema, body);
    return this.logIns.end(refreshToken);
  }

  /** Ends every log-in and every access token of the caller's account. */
  async logOutEverywhere(caller: Caller): Promise<void> {
    await this.logIns.endAll(await this.logIns.accountOf(caller));
  }

  /** Ends every log-in, and begins one anew.
   *  @throws AppError request.invalid, auth.too_many_attempts, auth.invalid_credentials */
  async changePassword(caller: Caller, address: string, body: unknown, now = new Date()) {
    const { current, password } = parseRequest(passwordChangeSchema, body);
    const account = await this.confirm(caller, address, current);
    const { tenant, id } = account;
    const hash = await this.passwords.hash(tenant, password);
    await this.mails.passwordChange(account, now);
    await this.logIns.endAll(account, hash);
    return this.logIns.begin(await this.accounts.get(tenant, id), now);
  }

  /** Has the caller show once more who they are, by their password. @returns the caller's account
   *  @throws AppError auth.too_many_attempts, auth.invalid_credentials, auth.forbidden for a caller without an account */
  async confirm(caller: Caller, address: string, password: string): Promise<AccountRecord> {
    const account = await this.logIns.accountOf(caller);
    const { tenant, email, passwordHash } = account;
    const attempt = await this.limits.logIn(tenant, email, address);
    const isRight = await attempt.unlessRefused(() => this.passwords.isRight(tenant, password, passwordHash));
    if (!isRight) throw invalidCredentials();
    await attempt.succeeded();
    return account;
  }

  async profile(caller: Caller) {
    return accountViewOf(await this.logIns.accountOf(caller));
  }

  /** @throws AppError request.invalid, request.conflict */
  async updateProfile(caller: Caller, body: unknown) {
    const { version, ...change } = parseRequest(profileChangeSchema, body);
    const { tenant, id } = await this.logIns.accountOf(caller);
    return accountViewOf(await this.accounts.updateProfile(tenant, id, version, change));
  }
}

function invalidCredentials(): AppError {
  return new AppError('auth.invalid_credentials', 'The e-mail address or the password is wrong.');
}

function unlessTaken(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'account.exists') throw error;
}
