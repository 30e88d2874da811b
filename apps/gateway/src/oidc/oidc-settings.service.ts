import { Inject, Injectable } from '@nestjs/common';
import { SCOPES } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { IdentityProviderRepository, type IdentityProviderRecord } from '@parlance/persistence';
import { decrypt, encrypt } from '../access/encrypted-key.js';
import { Organisations } from '../access/organisations.service.js';
import { requireOwner, requireScope, type Caller } from '../auth/caller.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { oidcSettingsSchema } from '../http/oidc.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { OidcProviders, type OidcClient } from './oidc-provider.client.js';
import { isFetchable } from './public-fetch.js';

/** For so long people of an issuer before may be known by their addresses. */
const LONGEST_MOVE_MS = 90 * 86_400_000;

/** How an organisation's people log in by its own OpenID provider: what owners and admins set. */
@Injectable()
export class OidcSettings {
  constructor(
    private readonly repository: IdentityProviderRepository,
    private readonly organisations: Organisations,
    private readonly providers: OidcProviders,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'oidc' | 'http'>,
  ) {}

  /** @throws AppError organisation.not_found, oidc.not_configured */
  async find(caller: Caller, id: string) {
    return this.viewOf(await this.get((await this.organisations.find(caller, id)).id));
  }

  /**
   * Keeps settings, once the provider has answered as the issuer. Who sets a provider may log in by it as anybody.
   * @throws AppError auth.forbidden, organisation.not_found, request.invalid, request.conflict, oidc.unavailable, oidc.refused,
   *  upstream.unavailable
   */
  async put(caller: Caller, id: string, body: unknown, now = new Date()) {
    const {
      version,
      clientSecret: given,
      movedFrom: moved,
      ...settings
    } = parseRequest(oidcSettingsSchema, body);
    requireWholeOwner(caller);
    const { id: tenant } = await this.organisations.find(caller, id);
    const { secret } = this.required();
    if (!isFetchable(settings.issuer, this.config.oidc.allowPrivate))
      throw new AppError('request.invalid', 'issuer: must be a public address of https');
    const before = await this.repository.find(tenant);
    const clientSecret = given ?? this.secretOf(before, settings);
    // As the provider writes it: people are known by it, whether a `/` stands behind it here or not.
    const issuer = await this.providers.issuerOf({ ...settings, tenant, clientSecret, updatedAt: now });
    const movedFrom = moved && { ...moved, until: new Date(moved.until) };
    if (movedFrom) requireMove(movedFrom, issuer, now);
    const encryptedSecret = encrypt(clientSecret, secret, nameOf(tenant));
    const kept = { ...settings, issuer, encryptedSecret, movedFrom };
    return this.viewOf(await this.repository.put(tenant, version, kept, now));
  }

  /** Ends log-ins by the provider; those that are open go on until they end by themselves. @throws AppError organisation.not_found */
  async remove(caller: Caller, id: string): Promise<void> {
    requireWholeOwner(caller);
    await this.repository.remove((await this.organisations.find(caller, id)).id);
  }

  /** @throws AppError oidc.not_configured */
  async get(tenant: string): Promise<IdentityProviderRecord> {
    const found = await this.repository.find(tenant);
    if (found) return found;
    throw new AppError('oidc.not_configured', 'The organisation has no OpenID provider here.');
  }

  /** @throws AppError oidc.unavailable where the secret of today does not open the client's */
  clientOf({ tenant, issuer, clientId, encryptedSecret, updatedAt }: IdentityProviderRecord): OidcClient {
    const { secret } = this.required();
    try {
      const clientSecret = decrypt(encryptedSecret, secret, nameOf(tenant));
      return { tenant, issuer, clientId, clientSecret, updatedAt };
    } catch (cause) {
      const message = "The client's secret is not opened by this installation's: set it again.";
      throw new AppError('oidc.unavailable', message, { cause });
    }
  }

  /** What the provider is to know as our address. @throws AppError oidc.unavailable */
  redirectUriOf(tenant: string): string {
    return `${this.required().publicUrl}/api/v1/auth/oidc/${tenant}/callback`;
  }

  private secretOf(
    before: IdentityProviderRecord | undefined,
    { issuer, clientId }: Pick<IdentityProviderRecord, 'issuer' | 'clientId'>,
  ): string {
    // Another issuer is not sent the secret of the one before.
    if (before?.issuer !== issuer || before.clientId !== clientId)
      throw new AppError('request.invalid', 'clientSecret: must be given with another issuer or client');
    return this.clientOf(before).clientSecret;
  }

  private required() {
    const { secret } = this.config.oidc;
    const publicUrl = this.config.http.publicUrl.replace(/\/+$/, '');
    if (secret === undefined || publicUrl === '')
      throw new AppError(
        'oidc.unavailable',
        'This installation has no PARLANCE_PUBLIC_URL, or no PARLANCE_OIDC_SECRET or PARLANCE_SIGNING_SECRET.',
      );
    return { secret, publicUrl };
  }

  private viewOf({ tenant, encryptedSecret: _, updatedAt, movedFrom, ...rest }: IdentityProviderRecord) {
    return {
      ...{ organisation: tenant, ...rest },
      movedFrom: movedFrom ? { issuer: movedFrom.issuer, until: movedFrom.until.toISOString() } : null,
      ...{ redirectUri: this.redirectUriOf(tenant), updatedAt: updatedAt.toISOString() },
    };
  }
}

/** @throws AppError request.invalid for a move from the issuer itself, or one that goes on for long */
function requireMove(
  moved: { readonly issuer: string; readonly until: Date },
  issuer: string,
  now: Date,
): void {
  if (isSameIssuer(moved.issuer, issuer))
    throw new AppError('request.invalid', 'movedFrom.issuer: must be another one than the issuer');
  if (moved.until.getTime() - now.getTime() > LONGEST_MOVE_MS)
    throw new AppError('request.invalid', 'movedFrom.until: must be within 90 days');
}

/** Whether a `/` stands behind it or not. */
export function isSameIssuer(one: string, other: string): boolean {
  return one.replace(/\/+$/, '') === other.replace(/\/+$/, '');
}

const nameOf = (tenant: string): string => `oidc/${tenant}`;

/** A key of fewer scopes, of limits or with an end would get more by a log-in than it has. @throws AppError auth.forbidden */
function requireWholeOwner(caller: Caller): void {
  requireOwner(caller);
  for (const scope of SCOPES) requireScope(caller, scope);
  if (caller.key !== undefined && caller.expiresAt !== undefined)
    throw new AppError('auth.forbidden', 'A key that expires sets no provider.');
}
