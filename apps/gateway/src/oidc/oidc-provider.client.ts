import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  ResponseBodyError,
  type ClientAuth,
  type Configuration,
} from 'openid-client';
import { AppError, isAppError } from '@parlance/errors';
import { outsideCall, type OutsideCall } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { PrivateAddress, publicFetch } from './public-fetch.js';

const MOST_PROVIDERS = 500;
/** What a provider says of itself is used for so long; its keys are asked for as the library sees fit. */
const CACHE_MS = 600_000;
const SCOPE = 'openid email profile';

/** A provider with our client's secret, decrypted. */
export interface OidcClient {
  readonly tenant: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly updatedAt: Date;
}

/** What a log-in is checked by: each is derived from what the browser alone has. */
export interface LogInChecks {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636. */
  readonly verifier: string;
  /** How long ago the person may have shown to the provider who they are, seconds; undefined: as the provider sees fit. */
  readonly maxAge: number | undefined;
}

/** Faults at the provider, or on the way to it, by the codes of `openid-client`; others are of what it answered. */
const NOT_REACHED: ReadonlySet<unknown> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

/** Organisations' OpenID providers, each with deadlines and a breaker of its own. */
@Injectable()
export class OidcProviders {
  private readonly configurations = new LRUCache<string, Configuration>({
    max: MOST_PROVIDERS,
    ttl: CACHE_MS,
  });
  private readonly calls = new LRUCache<string, OutsideCall>({ max: MOST_PROVIDERS });
  private readonly fetch;

  constructor(
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'oidc'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.fetch = publicFetch(config.oidc);
  }

  /** Asks the provider what it is. @returns the issuer as it writes itself
   *  @throws AppError oidc.refused, upstream.unavailable, request.deadline_exceeded */
  async issuerOf(client: OidcClient): Promise<string> {
    return (await this.configuration(client)).serverMetadata().issuer;
  }

  /** Where a browser is sent to log in. @throws as `issuerOf` */
  async authorizationUrl(
    client: OidcClient,
    { state, nonce, maxAge }: LogInChecks,
    challenge: string,
    redirectUri: string,
  ): Promise<URL> {
    return buildAuthorizationUrl(await this.configuration(client), {
      ...{ redirect_uri: redirectUri, scope: SCOPE, state, nonce },
      ...{ code_challenge: challenge, code_challenge_method: 'S256' },
      ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    });
  }

  /**
   * Takes the code of an answer to the provider, for what it knows of the person.
   * @param answer  the address that the browser was sent back to
   * @param wanted  claims for which the provider is asked again where its token has them not
   * @throws AppError oidc.refused where the answer, or what it leads to, is not this log-in's; and as `issuerOf`
   */
  async claims(
    client: OidcClient,
    answer: URL,
    checks: LogInChecks,
    wanted: readonly string[],
  ): Promise<Readonly<Record<string, unknown>> & { readonly sub: string }> {
    const configuration = await this.configuration(client);
    return this.callTo(client, 1).execute(async () => {
      try {
        const tokens = await authorizationCodeGrant(configuration, answer, {
          expectedState: checks.state,
          expectedNonce: checks.nonce,
          pkceCodeVerifier: checks.verifier,
          ...(checks.maxAge === undefined ? {} : { maxAge: checks.maxAge }),
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims) throw refused();
        const isEnough = wanted.every((name) => Object.hasOwn(claims, name));
        if (isEnough || !configuration.serverMetadata().userinfo_endpoint) return claims;
        const more = await fetchUserInfo(configuration, tokens.access_token, claims.sub);
        return { ...more, ...claims };
      } catch (error) {
        throw this.faultOf(client, error);
      }
    });
  }

  private async configuration(client: OidcClient): Promise<Configuration> {
    const name = `${client.tenant}/${client.updatedAt.getTime()}`;
    const known = this.configurations.get(name);
    if (known) return known;
    const found = await this.callTo(client, 2).execute(() => this.discover(client));
    this.configurations.set(name, found);
    return found;
  }

  private async discover(client: OidcClient): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = client;
    const { allowPrivate, limitMs } = this.config.oidc;
    try {
      return await discovery(new URL(issuer), clientId, clientSecret, authentication(clientSecret), {
        timeout: Math.max(1, Math.ceil(limitMs / 1000)),
        [customFetch]: this.fetch,
        // The fetch decides what plain HTTP is let through.
        execute: [enableNonRepudiationChecks, ...(allowPrivate ? [allowInsecureRequests] : [])],
      });
    } catch (error) {
      throw this.faultOf(client, error);
    }
  }

  /** One breaker for each provider. */
  private callTo({ tenant, issuer }: OidcClient, attempts: 1 | 2): OutsideCall {
    const name = `${attempts} ${tenant} ${issuer}`;
    const known = this.calls.get(name);
    if (known) return known;
    // Several requests may be one call: the code's, the keys', the person's.
    const timeoutMs = attempts === 1 ? 3 * this.config.oidc.limitMs : this.config.oidc.limitMs;
    const call = outsideCall({ name: 'The OpenID provider', timeoutMs, attempts });
    this.calls.set(name, call);
    return call;
  }

  /** What the provider says reaches the log by its codes, and nobody else. */
  private faultOf({ tenant }: OidcClient, error: unknown): unknown {
    if (isAppError(error)) return error;
    const answered = error instanceof ResponseBodyError || error instanceof AuthorizationResponseError;
    const reason = answered ? error.error : (error as { readonly code?: unknown }).code;
    this.logger.warn({ tenant, reason }, 'a log-in by an OpenID provider failed');
    if (causes(error).some((cause) => cause instanceof PrivateAddress))
      return refused('The OpenID provider has an address that this installation does not call.', error);
    if (error instanceof ResponseBodyError && error.status >= 500) return error;
    if (answered || (error instanceof ClientError && !NOT_REACHED.has(error.code)))
      return refused(undefined, error);
    return error;
  }
}

/** As the provider wants it; by the header where it does not say (OpenID Connect Discovery 1.0, section 3). */
function authentication(secret: string): ClientAuth {
  return (server, client, body, headers) => {
    const supported = server.token_endpoint_auth_methods_supported;
    const byHeader = !supported || supported.includes('client_secret_basic');
    (byHeader ? ClientSecretBasic(secret) : ClientSecretPost(secret))(server, client, body, headers);
  };
}

function refused(
  message = 'The OpenID provider did not let you in, or its answer is not one to this log-in: begin anew.',
  cause?: unknown,
): AppError {
  return new AppError('oidc.refused', message, { cause });
}

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let next = error; next instanceof Error && found.length < 8; next = next.cause) found.push(next);
  return found;
}
