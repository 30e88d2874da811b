import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { tenantSchema } from '@parlance/contracts';
import { AppError, isAppError, toAppError } from '@parlance/errors';
import { AccountRepository, type OneTimeToken } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { AttemptLimits } from '../access/attempt-limits.service.js';
import { LogIns } from '../access/log-ins.service.js';
import { invalidCode, OneTimeTokens } from '../access/one-time-tokens.service.js';
import { hashOf } from '../auth/key-format.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { oidcCallbackSchema, oidcExchangeSchema, oidcStartSchema } from '../http/oidc.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { OidcAccounts } from './oidc-accounts.service.js';
import { OidcProviders, type LogInChecks } from './oidc-provider.client.js';
import { OidcSettings } from './oidc-settings.service.js';

const HOUR_MS = 3_600_000;
/** From the start to the way back from the provider. */
const STATE_MS = 600_000;
/** From there to the exchange. */
const CODE_MS = 60_000;
const BROWSER_BYTES = 32;

/**
 * Log-ins by an organisation's own provider: authorization code flow with PKCE, state and nonce. What they are checked by is derived
 * from a secret that the browser alone has, so that nobody goes on with a log-in that was begun elsewhere, and the store does not
 * help who reads it. The front end gets a code that is good once, for a minute, and only with the verifier that it has kept.
 */
@Injectable()
export class OidcLogIn {
  constructor(
    private readonly settings: OidcSettings,
    private readonly providers: OidcProviders,
    private readonly oidcAccounts: OidcAccounts,
    private readonly accounts: AccountRepository,
    private readonly tokens: OneTimeTokens,
    private readonly logIns: LogIns,
    private readonly limits: AttemptLimits,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'oidc'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * @param browser  the secret that the browser has already, if it has one
   * @returns where the browser goes, and the secret that it is to keep
   * @throws AppError oidc.not_configured, request.invalid, auth.too_many_attempts, oidc.refused, upstream.unavailable
   */
  async start(organisation: string, query: unknown, address: string, browser = newSecret()) {
    const provider = await this.settings.get(tenantOf(organisation));
    const { redirect, challenge, state: own, max_age: maxAge } = parseRequest(oidcStartSchema, query);
    if (!provider.redirects.includes(redirect))
      throw new AppError(
        'request.invalid',
        'redirect: is none of the addresses that the organisation has set',
      );
    await this.limits.oidcStart(address);
    const { tenant } = provider;
    const data = {
      redirect,
      challenge,
      ...(own === undefined ? {} : { state: own }),
      browser: hashOf(browser),
      ...(maxAge === undefined ? {} : { maxAge: String(maxAge) }),
    };
    const state = await this.tokens.make({ tenant, purpose: 'oidc-state', data, lastsMs: STATE_MS });
    const checks = checksOf(browser, state, maxAge);
    const location = await this.providers.authorizationUrl(
      this.settings.clientOf(provider),
      checks,
      createHash('sha256').update(checks.verifier).digest('base64url'),
      this.settings.redirectUriOf(tenant),
    );
    return { location: location.href, browser };
  }

  /**
   * @param query  as it came: the address' part behind `?`
   * @returns the front end's address, with a code for `exchange` or with the code of a fault
   * @throws AppError auth.invalid_code where it is not known which front end that would be
   */
  async comeBack(
    organisation: string,
    query: URLSearchParams,
    browser: string | undefined,
    address: string,
    now = new Date(),
  ) {
    const { state } = parseRequest(oidcCallbackSchema, Object.fromEntries(query));
    const begun = await this.tokens.use(state, ['oidc-state'], now);
    if (begun.tenant !== organisation || browser === undefined || begun.data.browser !== hashOf(browser))
      throw invalidCode();
    const back = new URL(begun.data.redirect ?? '');
    if (begun.data.state !== undefined) back.searchParams.set('state', begun.data.state);
    try {
      const maxAge = begun.data.maxAge === undefined ? undefined : Number(begun.data.maxAge);
      const checks = checksOf(browser, state, maxAge);
      back.searchParams.set('code', await this.codeFor(begun, { query, checks, address }, now));
    } catch (error) {
      const { code } = toAppError(error);
      if (!isAppError(error)) this.logger.error({ err: error }, 'a log-in by an OpenID provider failed');
      back.searchParams.set('error', code);
    }
    return back.href;
  }

  /** A log-in for a code of `comeBack`. @throws AppError request.invalid, auth.invalid_code */
  async exchange(body: unknown, now = new Date()) {
    const { code, verifier } = parseRequest(oidcExchangeSchema, body);
    const { tenant, account: id = '', data } = await this.tokens.use(code, ['oidc-code'], now);
    if (createHash('sha256').update(verifier).digest('base64url') !== data.challenge) throw invalidCode();
    const account = await this.accounts.find(tenant, id);
    if (!account) throw invalidCode();
    const since = data.authTime === undefined ? undefined : Number(data.authTime) * 1000;
    return this.logIns.begin(account, now, {
      lastsMs: this.config.oidc.sessionHours * HOUR_MS,
      // Not ahead of our clock: it would be recent for longer.
      authenticatedAt: since === undefined ? undefined : new Date(Math.min(since, now.getTime())),
    });
  }

  private async codeFor(
    { tenant, data }: OneTimeToken,
    { query, checks, address }: { query: URLSearchParams; checks: LogInChecks; address: string },
    now: Date,
  ): Promise<string> {
    const provider = await this.settings.get(tenant);
    // Not by the request's own host: that is whatever a client says.
    const answer = new URL(`${this.settings.redirectUriOf(tenant)}?${query.toString()}`);
    const wanted = ['email', ...(provider.roles.length > 0 ? [provider.roleClaim] : [])];
    const claims = await this.providers.claims(this.settings.clientOf(provider), answer, checks, wanted);
    const { id: account } = await this.oidcAccounts.accountFor(provider, claims, address, now);
    const { auth_time: authTime } = claims;
    return this.tokens.make(
      {
        ...{ tenant, purpose: 'oidc-code', account, lastsMs: CODE_MS },
        data: {
          challenge: data.challenge ?? '',
          ...(typeof authTime === 'number' ? { authTime: String(authTime) } : {}),
        },
      },
      now,
    );
  }
}

/** Nonce and verifier of one log-in (RFC 5869). */
function checksOf(browser: string, state: string, maxAge: number | undefined): LogInChecks {
  const derive = (what: string): string =>
    Buffer.from(hkdfSync('sha256', browser, state, `parlance oidc ${what}`, 32)).toString('base64url');
  return { state, nonce: derive('nonce'), verifier: derive('verifier'), maxAge };
}

function tenantOf(organisation: string): string {
  const tenant = tenantSchema.safeParse(organisation);
  if (tenant.success) return tenant.data;
  throw new AppError('oidc.not_configured', 'The organisation has no OpenID provider here.');
}

const newSecret = (): string => randomBytes(BROWSER_BYTES).toString('base64url');
