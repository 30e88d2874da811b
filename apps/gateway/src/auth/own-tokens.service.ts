import { Inject, Injectable } from '@nestjs/common';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { principalSchema, ulidSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { AccountRepository, type AccountRecord, type AccountState } from '@parlance/persistence';
import { SigningKeys } from '../access/signing-keys.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { type Caller, tokenFault } from './caller.js';

/** RFC 9068: no other JWT of ours passes for an access token. */
const TYPE = 'at+jwt';
/** A log-out everywhere, and another role, are known to every replica once this has passed. */
const CACHE_MS = 3_000;
const MOST_CACHED = 10_000;

const claimsSchema = z.object({
  tenant: principalSchema.shape.tenant,
  sub: ulidSchema,
  gen: z.int().nonnegative(),
  exp: z.number(),
  /** RFC 9068: when the person last showed who they are; a refresh is no such moment. */
  auth_time: z.number().optional(),
});

/** The access tokens that this installation signs for the accounts it has. */
@Injectable()
export class OwnTokens {
  private readonly states: LRUCache<string, { readonly state: AccountState | undefined }>;
  private readonly accounts: GatewayConfig['accounts'];
  private readonly toleranceSeconds: number;

  constructor(
    private readonly keys: SigningKeys,
    repository: AccountRepository,
    @Inject(GATEWAY_CONFIG) { accounts, tokens }: Pick<GatewayConfig, 'accounts' | 'tokens'>,
  ) {
    this.accounts = accounts;
    this.toleranceSeconds = tokens.clockToleranceSeconds;
    this.states = new LRUCache({
      max: MOST_CACHED,
      ttl: CACHE_MS,
      // Read when it is asked, so that a test's clock is the cache's.
      perf: { now: () => performance.now() },
      // Who asks while the answer is forgotten gets what was read; it is not kept.
      ignoreFetchAbort: true,
      fetchMethod: async (name) => {
        const [tenant = '', id = ''] = name.split('/');
        return { state: await repository.findState(tenant, id) };
      },
    });
  }

  /** Whether a token that claims this issuer is one of ours, if it is anybody's. */
  isIssuer(issuer: unknown): boolean {
    return this.accounts !== undefined && issuer === this.accounts.issuer;
  }

  async issue({ id, tenant, role, generation }: AccountRecord, now = new Date(), authenticatedAt?: Date) {
    const { issuer, audience, accessSeconds } = this.configured;
    const { kid, algorithm, privateKey } = await this.keys.current(now);
    const seconds = Math.floor(now.getTime() / 1000);
    const since = authenticatedAt ? { auth_time: Math.floor(authenticatedAt.getTime() / 1000) } : {};
    const token = await new SignJWT({ tenant, role, gen: generation, ...since })
      .setProtectedHeader({ alg: algorithm, kid, typ: TYPE })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(id)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + accessSeconds)
      .sign(privateKey);
    return { token, expiresInSeconds: accessSeconds };
  }

  /**
   * @returns the account's user, with the role that the account has now
   * @throws AppError auth.invalid_token, also of a token that a log-out everywhere has ended; auth.expired_token;
   *  store.unavailable
   */
  async verify(token: string): Promise<Caller> {
    const { tenant, sub, gen, exp, auth_time: since } = await this.claimsOf(token);
    const check = () => this.stateOf(tenant, sub, gen);
    const { role } = await check();
    const expiresAt = (exp + this.toleranceSeconds) * 1000;
    const loggedIn = since === undefined ? {} : { loggedInAt: since * 1000 };
    return { tenant, user: sub, role, expiresAt, recheck: check, ...loggedIn };
  }

  /** Forgets what was said of an account, for a change that was made here. */
  forget({ tenant, id }: Pick<AccountRecord, 'tenant' | 'id'>): void {
    this.states.delete(`${tenant}/${id}`);
  }

  /** @throws AppError auth.invalid_token where the account has ended tokens of the generation, or is gone */
  private async stateOf(tenant: string, id: string, generation: number): Promise<AccountState> {
    const state = (await this.states.fetch(`${tenant}/${id}`))?.state;
    if (state?.generation === generation) return state;
    throw new AppError('auth.invalid_token', 'The access token was ended: log in again.');
  }

  private get configured() {
    if (!this.accounts) throw new AppError('request.not_found', 'There are no accounts here.');
    return this.accounts;
  }

  private async claimsOf(token: string): Promise<z.output<typeof claimsSchema>> {
    const { issuer, audience } = this.configured;
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid, alg }) => {
          const key = await this.keys.find(kid);
          // The key says what it is for, not the token.
          if (key?.algorithm !== alg)
            throw new AppError(
              'auth.invalid_token',
              'The access token is not signed by a key that is known here.',
            );
          return key!.publicKey;
        },
        {
          ...{ issuer, audience, typ: TYPE, algorithms: ['EdDSA', 'ES256'] },
          requiredClaims: ['exp', 'iat', 'sub', 'tenant', 'gen'],
          clockTolerance: this.toleranceSeconds,
        },
      );
      const claims = claimsSchema.safeParse(payload);
      if (claims.success) return claims.data;
    } catch (error) {
      throw tokenFault(error);
    }
    throw new AppError('auth.invalid_token', 'The claims of the access token are not usable.');
  }
}
