import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { principalSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { AccessTokensConfig } from './access-tokens.config.js';
import { type Caller, tokenFault } from './caller.js';
import { remoteKeySet } from './key-set.client.js';
import { OwnTokens } from './own-tokens.service.js';

/** Longer ones are not read at all. */
const MAX_TOKEN_LENGTH = 8_192;
const SHARED_SECRET = 'HS256';
const KEY_SET_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];

/** A key to try, and the algorithms that it may be used with: a token's own `alg` never decides that. */
interface Candidate {
  readonly key: KeyObject | JWTVerifyGetKey;
  readonly algorithms: readonly string[];
}

/** Verifies access tokens: JWTs (RFC 7519) of a tenant's user, signed with the tenant's secret, an issuer's private
 *  key, or here. */
@Injectable()
export class AccessTokens {
  private readonly config: AccessTokensConfig;
  /** The keys of tokens that no shared secret signs. */
  private readonly publicKeys: Candidate | undefined;

  constructor(
    @Inject(GATEWAY_CONFIG) { tokens }: Pick<GatewayConfig, 'tokens'>,
    private readonly own: OwnTokens,
  ) {
    this.config = tokens;
    this.publicKeys = tokens.keySet
      ? { key: remoteKeySet(tokens.keySet), algorithms: KEY_SET_ALGORITHMS }
      : tokens.publicKey;
  }

  /**
   * @returns the tenant (`tenant`) and the user (`sub`) that the token names, and until when
   * @throws AppError auth.invalid_token, auth.expired_token; upstream.unavailable, request.deadline_exceeded where the
   *  issuer's keys cannot be had
   */
  async verify(token: string): Promise<Caller> {
    const { algorithm, tenant, issuer } = readUnverified(token);
    // Neither kind's keys verify the other's tokens.
    if (this.own.isIssuer(issuer)) return this.own.verify(token);
    const candidates = algorithm === SHARED_SECRET ? this.secretsOf(tenant) : [this.publicKeys];
    let fault = tokenFault(undefined);
    for (const candidate of candidates) {
      if (!candidate) continue;
      try {
        return await this.verifyWith(token, candidate);
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw tokenFault(error);
        fault = tokenFault(error);
      }
    }
    throw fault;
  }

  private async verifyWith(token: string, { key, algorithms }: Candidate): Promise<Caller> {
    const { issuer, audience, clockToleranceSeconds } = this.config;
    const options = {
      algorithms: [...algorithms],
      requiredClaims: ['exp', 'sub', 'tenant'],
      clockTolerance: clockToleranceSeconds,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
    const { payload } = await jwtVerify(token, key, options);
    const principal = principalSchema.safeParse({ tenant: payload.tenant, user: payload.sub });
    const expiresAt = ((payload.exp ?? 0) + clockToleranceSeconds) * 1000;
    // Another issuer's claims say who its users are, not what they may do here.
    // Not by `iat`: a token that was renewed is new, and nobody has logged in.
    const since = payload.auth_time;
    const loggedIn = typeof since === 'number' ? { loggedInAt: since * 1000 } : {};
    if (principal.success) return { ...principal.data, role: 'learner', expiresAt, ...loggedIn };
    throw new AppError(
      'auth.invalid_token',
      'The claims "tenant" and "sub" of the access token are not usable.',
    );
  }

  /** The secrets of the tenant that the token claims: one that another tenant signed has no valid signature. */
  private secretsOf(tenant: unknown): Candidate[] {
    return this.config.secrets
      .filter((known) => known.tenant === tenant)
      .map(({ secret }) => ({ key: secret, algorithms: [SHARED_SECRET] }));
  }
}

/** What chooses the key; nothing else may rely on it. @throws AppError auth.invalid_token */
function readUnverified(token: string): {
  readonly algorithm: string | undefined;
  readonly tenant: unknown;
  readonly issuer: unknown;
} {
  try {
    if (token.length > MAX_TOKEN_LENGTH) throw new Error('too long');
    const { tenant, iss: issuer } = decodeJwt(token);
    return { algorithm: decodeProtectedHeader(token).alg, tenant, issuer };
  } catch (cause) {
    throw new AppError('auth.invalid_token', 'This is no known API key and no access token (JWT).', {
      cause,
    });
  }
}
