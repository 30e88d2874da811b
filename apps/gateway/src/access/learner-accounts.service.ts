import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { AppError } from '@parlance/errors';
import {
  AccountRepository,
  OrganisationRepository,
  RefreshTokenRepository,
  type AccountRecord,
  type RefreshOwner,
} from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { Caller } from '../auth/caller.js';
import { sha256 } from '../auth/key-format.js';
import { OwnTokens } from '../auth/own-tokens.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import {
  logInSchema,
  passwordChangeSchema,
  profileChangeSchema,
  refreshSchema,
  signUpSchema,
} from '../http/accounts.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { AttemptLimits } from './attempt-limits.service.js';
import { Passwords } from './passwords.service.js';

const DAY_MS = 86_400_000;
/** As the secret of a key: nobody guesses it, so that its SHA-256 hides it. */
const REFRESH_BYTES = 32;

/** People's accounts: made, logged in to, logged out of, their passwords and profiles. */
@Injectable()
export class LearnerAccounts {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly organisations: OrganisationRepository,
    private readonly refreshTokens: RefreshTokenRepository,
    private readonly tokens: OwnTokens,
    private readonly passwords: Passwords,
    private readonly limits: AttemptLimits,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'accounts'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws AppError request.invalid, auth.too_many_attempts, organisation.not_found, auth.forbidden, account.exists */
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
    await this.accounts.create(account);
    return this.begin(account, now);
  }

  /** @throws AppError request.invalid, auth.too_many_attempts, auth.invalid_credentials */
  async logIn(address: string, body: unknown, now = new Date()) {
    const { organisation: tenant, email, password } = parseRequest(logInSchema, body);
    const attempt = await this.limits.logIn(tenant, email, address);
    const account = await attempt.unlessRefused(async () => {
      const found = await this.accounts.findByEmail(tenant, email);
      return (await this.passwords.isRight(tenant, password, found?.passwordHash)) ? found : undefined;
    });
    if (!account) throw invalidCredentials();
    await attempt.succeeded();
    return this.begin(account, now);
  }

  /**
   * A new access token and a new refresh token for a refresh token, which is good for one use.
   * @throws AppError request.invalid, auth.invalid_token, auth.too_many_attempts, auth.token_reused where it was used before: what came of it ends
   */
  async refresh(body: unknown, now = new Date()) {
    const { refreshToken } = parseRequest(refreshSchema, body);
    const use = await this.refreshTokens.use(hashOf(refreshToken), ulid(), now);
    if (use.outcome === 'unknown') throw unknownRefreshToken();
    const { tenant, account: id } = use.owner;
    if (use.outcome === 'reused') {
      await this.refreshTokens.revoke(use.owner, now);
      this.logger.warn({ tenant, account: id }, 'a refresh token was used twice, its log-in has ended');
      throw new AppError('auth.token_reused', 'The refresh token was used before: log in again.');
    }
    await this.limits.refresh(use.owner.family);
    const account = await this.accounts.get(tenant, id);
    // A log-in by the old password may have been under way while that was changed.
    if (account.generation !== use.owner.generation) throw unknownRefreshToken();
    return this.session(account, use.owner, now);
  }

  /** Ends the log-in that a refresh token came of. @returns whose it was; undefined where it is nobody's, and nothing ended */
  async logOut(body: unknown): Promise<RefreshOwner | undefined> {
    const { refreshToken } = parseRequest(refreshSchema, body);
    const use = await this.refreshTokens.use(hashOf(refreshToken), ulid());
    if (use.outcome === 'unknown') return undefined;
    await this.refreshTokens.revoke(use.owner);
    return use.owner;
  }

  /** Ends every log-in and every access token of the caller's account. */
  async logOutEverywhere(caller: Caller): Promise<void> {
    await this.endAll(await this.accountOf(caller));
  }

  /** Ends every log-in, and begins one anew.
   *  @throws AppError request.invalid, auth.too_many_attempts, auth.invalid_credentials */
  async changePassword(caller: Caller, address: string, body: unknown, now = new Date()) {
    const { current, password } = parseRequest(passwordChangeSchema, body);
    const account = await this.confirm(caller, address, current);
    const { tenant, id } = account;
    await this.endAll(account, await this.passwords.hash(tenant, password));
    return this.begin(await this.accounts.get(tenant, id), now);
  }

  /** Has the caller show once more who they are, by their password. @returns the caller's account
   *  @throws AppError auth.too_many_attempts, auth.invalid_credentials, auth.forbidden for a caller without an account */
  async confirm(caller: Caller, address: string, password: string): Promise<AccountRecord> {
    const account = await this.accountOf(caller);
    const { tenant, email, passwordHash } = account;
    const attempt = await this.limits.logIn(tenant, email, address);
    const isRight = await attempt.unlessRefused(() => this.passwords.isRight(tenant, password, passwordHash));
    if (!isRight) throw invalidCredentials();
    await attempt.succeeded();
    return account;
  }

  async profile(caller: Caller) {
    return viewOf(await this.accountOf(caller));
  }

  /** @throws AppError request.invalid, request.conflict */
  async updateProfile(caller: Caller, body: unknown) {
    const { version, ...change } = parseRequest(profileChangeSchema, body);
    const { tenant, id } = await this.accountOf(caller);
    return viewOf(await this.accounts.updateProfile(tenant, id, version, change));
  }

  /** @throws AppError auth.forbidden for a caller without an account, account.not_found for another issuer's user */
  private async accountOf({ tenant, user }: Caller): Promise<AccountRecord> {
    if (user === undefined)
      throw new AppError('auth.forbidden', 'This needs the access token of an account.');
    return this.accounts.get(tenant, user);
  }

  private async endAll(account: AccountRecord, passwordHash?: string): Promise<void> {
    const { tenant, id } = account;
    await this.accounts.endTokens(tenant, id, passwordHash);
    await this.refreshTokens.revokeAll(tenant, id);
    this.tokens.forget(account);
  }

  /** A log-in: a family of refresh tokens, and the first of them. */
  private async begin(account: AccountRecord, now: Date) {
    const { tenant, id, generation } = account;
    const expiresAt = new Date(now.getTime() + (this.config.accounts?.refreshDays ?? 0) * DAY_MS);
    const owner: RefreshOwner = { family: ulid(), tenant, account: id, generation, expiresAt };
    await this.refreshTokens.begin(owner, now);
    return this.session(account, owner, now);
  }

  private async session(account: AccountRecord, owner: RefreshOwner, now: Date) {
    const refreshToken = `rt_${randomBytes(REFRESH_BYTES).toString('base64url')}`;
    await this.refreshTokens.add(hashOf(refreshToken), owner);
    const { token, expiresInSeconds } = await this.tokens.issue(account, now);
    return {
      account: viewOf(account),
      ...{ accessToken: token, tokenType: 'Bearer' as const, expiresIn: expiresInSeconds },
      ...{ refreshToken, refreshExpiresAt: owner.expiresAt.toISOString() },
    };
  }
}

/** An account as its owner sees it. */
function viewOf({ id, tenant, email, role, profile, version, createdAt }: AccountRecord) {
  const { name, motherLanguage, targetLanguages, level, goals, picture } = profile;
  return {
    ...{ id, organisation: tenant, email, role, name, targetLanguages, goals, version },
    ...{ motherLanguage: motherLanguage ?? null, level: level ?? null, picture: picture ?? null },
    createdAt: createdAt.toISOString(),
  };
}

const hashOf = (token: string): string => sha256(token).toString('hex');

function invalidCredentials(): AppError {
  return new AppError('auth.invalid_credentials', 'The e-mail address or the password is wrong.');
}

function unknownRefreshToken(): AppError {
  return new AppError('auth.invalid_token', 'The refresh token is not good any more: log in again.');
}
