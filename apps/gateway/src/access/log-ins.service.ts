import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { AppError } from '@parlance/errors';
import {
  AccountRepository,
  RefreshTokenRepository,
  type AccountRecord,
  type RefreshOwner,
} from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { Caller } from '../auth/caller.js';
import { hashOf } from '../auth/key-format.js';
import { OwnTokens } from '../auth/own-tokens.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AttemptLimits } from './attempt-limits.service.js';

/** Where a picture is that the platform keeps. */
export const PICTURE_ROUTE = 'api/v1/profile/picture';

/** An account as its owner sees it. */
export function accountViewOf(account: AccountRecord) {
  const { id, tenant, email, role, profile, version, createdAt } = account;
  const { name, motherLanguage, targetLanguages, level, goals, picture } = profile;
  const kept = account.pictureType === undefined ? undefined : `/${PICTURE_ROUTE}`;
  return {
    ...{ id, organisation: tenant, email, emailVerified: account.emailVerifiedAt !== undefined },
    ...{ role, name, targetLanguages, goals, version },
    ...{ motherLanguage: motherLanguage ?? null, level: level ?? null },
    picture: kept ?? picture ?? null,
    createdAt: createdAt.toISOString(),
  };
}

const DAY_MS = 86_400_000;
/** As the secret of a key: nobody guesses it, so that its SHA-256 hides it. */
const REFRESH_BYTES = 32;

/** How a log-in is begun. */
export interface BegunLogIn {
  /** As long as configured where it is left out. */
  readonly lastsMs?: number;
  /** When the person showed who they are; undefined where that is not known. */
  readonly authenticatedAt: Date | undefined;
}

/** Log-ins of accounts: each is a family of refresh tokens, with access tokens for them. */
@Injectable()
export class LogIns {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly refreshTokens: RefreshTokenRepository,
    private readonly tokens: OwnTokens,
    private readonly limits: AttemptLimits,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'accounts'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Begins a log-in of an account that has shown who it is: now, unless it is said otherwise. */
  async begin(account: AccountRecord, now = new Date(), how: BegunLogIn = { authenticatedAt: now }) {
    const { lastsMs, authenticatedAt } = how;
    const { tenant, id, generation } = account;
    const usualMs = (this.config.accounts?.refreshDays ?? 0) * DAY_MS;
    const expiresAt = new Date(now.getTime() + (lastsMs ?? usualMs));
    const owner: RefreshOwner = {
      ...{ family: ulid(), tenant, account: id, generation, expiresAt },
      ...(authenticatedAt ? { authenticatedAt } : {}),
    };
    await this.refreshTokens.begin(owner, now);
    return this.session(account, owner, now);
  }

  /**
   * Goes on with a log-in by its refresh token, which is good for one use.
   * @throws AppError auth.invalid_token, auth.too_many_attempts, auth.token_reused where it was used before: what came of it ends
   */
  async goOn(refreshToken: string, now = new Date()) {
    const use = await this.refreshTokens.use(hashOf(refreshToken), ulid(), now);
    if (use.outcome === 'unknown') throw unknownRefreshToken();
    const { tenant, account: id } = use.owner;
    if (use.outcome === 'reused') {
      await this.refreshTokens.revoke(use.owner, now);
      this.logger.warn({ tenant, account: id }, 'a refresh token was used twice, its log-in has ended');
      throw new AppError('auth.token_reused', 'The refresh token was used before: log in again.');
    }
    await this.limits.refresh(use.owner.family);
    // A log-in may have been under way while the account was erased, or its password changed.
    const account = await this.accounts.find(tenant, id);
    if (account?.generation !== use.owner.generation) throw unknownRefreshToken();
    return this.session(account, use.owner, now);
  }

  /** Ends the log-in that a refresh token came of. @returns whose it was; undefined where it is nobody's, and nothing ended */
  async end(refreshToken: string): Promise<RefreshOwner | undefined> {
    const use = await this.refreshTokens.use(hashOf(refreshToken), ulid());
    if (use.outcome === 'unknown') return undefined;
    await this.refreshTokens.revoke(use.owner);
    return use.owner;
  }

  /** Ends every log-in and every access token of an account, and changes the password where one is given. */
  async endAll(account: AccountRecord, passwordHash?: string): Promise<void> {
    const { tenant, id } = account;
    await this.accounts.endTokens(tenant, id, passwordHash);
    await this.refreshTokens.revokeAll(tenant, id);
    this.tokens.forget(account);
  }

  /** The account of a caller. @throws AppError auth.forbidden for a caller without one, account.not_found for another issuer's user */
  async accountOf({ tenant, user }: Caller): Promise<AccountRecord> {
    if (user === undefined)
      throw new AppError('auth.forbidden', 'This needs the access token of an account.');
    return this.accounts.get(tenant, user);
  }

  private async session(account: AccountRecord, owner: RefreshOwner, now: Date) {
    const refreshToken = `rt_${randomBytes(REFRESH_BYTES).toString('base64url')}`;
    await this.refreshTokens.add(hashOf(refreshToken), owner);
    const { token, expiresInSeconds } = await this.tokens.issue(account, now, owner.authenticatedAt);
    return {
      account: accountViewOf(account),
      ...{ accessToken: token, tokenType: 'Bearer' as const, expiresIn: expiresInSeconds },
      ...{ refreshToken, refreshExpiresAt: owner.expiresAt.toISOString() },
    };
  }
}

function unknownRefreshToken(): AppError {
  return new AppError('auth.invalid_token', 'The refresh token is not good any more: log in again.');
}
