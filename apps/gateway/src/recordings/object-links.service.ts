import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { ObjectStore, type StoredObject } from '@parlance/messaging';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

export interface ObjectLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** The signed part of a link of ours. */
export interface SignedKey {
  readonly key: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** HMAC-SHA256 of both, base64url. */
  readonly signature: string;
}

/** Where links of ours lead. */
export const OBJECT_ROUTE = 'api/v1/voice/storage/object';

/** Links by which anybody may read one object for a while: the store's own, or to this gateway. */
@Injectable()
export class ObjectLinks {
  private readonly secret: Buffer;

  constructor(
    private readonly objects: ObjectStore,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recordings' | 'tenants' | 'http'>,
  ) {
    const { linkSecret } = config.recordings;
    const hashes = config.tenants.keys.map(({ hash }) => hash);
    const material = linkSecret === undefined ? Buffer.concat(hashes) : Buffer.from(linkSecret);
    this.secret = Buffer.from(hkdfSync('sha256', material, '', 'parlance object links', 32));
  }

  /** @throws AppError store.unavailable */
  async linkTo(key: string, now = Date.now()): Promise<ObjectLink> {
    const { linkSeconds } = this.config.recordings;
    const expires = Math.floor(now / 1_000) + linkSeconds;
    const url = (await this.objects.presign(key, linkSeconds)) ?? this.ownUrl(key, expires);
    return { url, expiresAt: new Date(expires * 1_000) };
  }

  /** What a link of ours leads to. @throws AppError auth.invalid_token, recording.not_found */
  async open({ key, expires, signature }: SignedKey, now = Date.now()): Promise<StoredObject> {
    const given = Buffer.from(signature, 'base64url');
    const right = this.sign(key, expires);
    if (given.length !== right.length || !timingSafeEqual(given, right) || expires * 1_000 <= now)
      throw new AppError('auth.invalid_token', 'The link is not valid, or no longer.');
    const stored = await this.objects.get(key);
    if (!stored) throw new AppError('recording.not_found', 'There is no such recording any more.');
    return stored;
  }

  private ownUrl(key: string, expires: number): string {
    const signature = this.sign(key, expires).toString('base64url');
    const query = new URLSearchParams({ key, expires: String(expires), signature });
    return `${this.config.http.publicUrl}/${OBJECT_ROUTE}?${query.toString()}`;
  }

  private sign(key: string, expires: number): Buffer {
    return createHmac('sha256', this.secret).update(`${expires}\n${key}`).digest();
  }
}
