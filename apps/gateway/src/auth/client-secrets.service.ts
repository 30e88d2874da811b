import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { boundSessionSchema, principalSchema, type BoundSession } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { CONFIGURED_KEY } from './api-keys.service.js';
import type { Caller } from './caller.js';
import { CLIENT_SECRET_PREFIX, isClientSecret, prefixOf } from './key-format.js';
import { StoredKeys } from './stored-keys.service.js';

/** Longer ones are neither made nor read: they travel in a header. */
const MAX_LENGTH = 8_192;

/** What a secret says, signed and readable: who made it, until when it opens sessions, and with which settings. */
const contentSchema = z.object({
  ...principalSchema.shape,
  /** Of the tenant's own key that made it; absent where a configured key did. */
  prefix: z.string().optional(),
  /** Seconds since 1970. */
  expires: z.number(),
  session: boundSessionSchema.optional(),
});
type Content = z.infer<typeof contentSchema>;

export interface NewClientSecret {
  readonly value: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** What a secret opens a session with. */
export interface OpenedClientSecret {
  /** The key that made it, for the user whom it was made for. */
  readonly caller: Caller;
  /** Undefined: its client asks for one. */
  readonly session: BoundSession | undefined;
}

/** Short-lived secrets that open `/v1/realtime` and nothing else, for clients that must not have an API key. No replica keeps them: each
 *  verifies what another has signed. */
@Injectable()
export class ClientSecrets {
  private readonly secret: Buffer | undefined;
  private readonly tenants: GatewayConfig['tenants'];

  constructor(
    private readonly storedKeys: StoredKeys,
    @Inject(GATEWAY_CONFIG) { recordings, tenants }: Pick<GatewayConfig, 'recordings' | 'tenants'>,
  ) {
    this.tenants = tenants;
    const hashes = tenants.keys.map(({ hash }) => hash);
    const material = recordings.linkSecret ?? Buffer.concat(hashes);
    // Without material anybody could sign.
    if (material.length > 0)
      this.secret = Buffer.from(hkdfSync('sha256', material, '', 'parlance client secrets', 32));
  }

  /**
   * @param caller  with the user whom the request is for
   * @param key  that the request came with
   * @throws AppError auth.forbidden for callers without an API key, request.too_large, request.conflict where the installation has
   *  nothing to sign with
   */
  issue(
    { tenant, user, key: id }: Caller,
    key: string,
    { session, seconds }: { readonly session?: BoundSession | undefined; readonly seconds: number },
    now = new Date(),
  ): NewClientSecret {
    const prefix = id === CONFIGURED_KEY ? undefined : prefixOf(key);
    // Without a prefix a secret stands for the configured keys.
    if (id === undefined || (id !== CONFIGURED_KEY && prefix === undefined))
      throw new AppError(
        'auth.forbidden',
        'Client secrets are made with an API key; an access token opens /v1/realtime itself.',
      );
    if (!this.secret)
      throw new AppError(
        'request.conflict',
        'This installation cannot sign client secrets: its operator sets PARLANCE_LINK_SECRET.',
      );
    const expires = Math.floor(now.getTime() / 1_000) + seconds;
    const content = Buffer.from(JSON.stringify({ tenant, user, prefix, expires, session } satisfies Content));
    const text = content.toString('base64url');
    const value = `${CLIENT_SECRET_PREFIX}${text}.${sign(text, this.secret).toString('base64url')}`;
    if (value.length <= MAX_LENGTH) return { value, expiresAt: expires };
    throw new AppError('request.too_large', 'session: is too long for a client secret; shorten its prompt', {
      param: 'session',
    });
  }

  /** @throws AppError auth.invalid_token, also where its key was revoked since; auth.expired_token; store.unavailable */
  async open(value: string, now = new Date()): Promise<OpenedClientSecret> {
    const { tenant, user, prefix, expires, session } = this.read(value);
    if (expires * 1_000 <= now.getTime())
      throw new AppError('auth.expired_token', 'The client secret has expired: make a new one.');
    const caller =
      prefix === undefined
        ? this.configuredCaller(tenant, session)
        : await this.storedKeys.callerByPrefix(prefix, now);
    if (caller?.tenant !== tenant) throw invalid();
    return { caller: user === undefined ? caller : { ...caller, user }, session };
  }

  private read(value: string): Content {
    if (!this.secret || !isClientSecret(value) || value.length > MAX_LENGTH) throw invalid();
    const [text = '', signature = ''] = value.slice(CLIENT_SECRET_PREFIX.length).split('.');
    const given = Buffer.from(signature, 'base64url');
    const right = sign(text, this.secret);
    if (given.length !== right.length || !timingSafeEqual(given, right)) throw invalid();
    // Signed by a replica of another version it may not fit.
    const content = contentSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (!content.success) throw invalid();
    return content.data;
  }

  /** The session is all that the secret is good for, whatever its key is. */
  private configuredCaller(tenant: string, session: BoundSession | undefined): Caller | undefined {
    const isKnown = this.tenants.keys.some((known) => known.tenant === tenant);
    const scopes: Caller['scopes'] = session?.type === 'transcription' ? ['speech'] : ['speech', 'sessions'];
    return isKnown ? { tenant, role: 'service', key: CONFIGURED_KEY, scopes } : undefined;
  }
}

function sign(text: string, secret: Buffer): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

function invalid(): AppError {
  return new AppError('auth.invalid_token', 'The client secret is not valid here.');
}
