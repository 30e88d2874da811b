import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

const SECRET = /^[\w-]{43}$/;
const LASTS_MS = 600_000;

/** The secret by which a browser is known to be the one that began a log-in: a cookie, which no page reads. */
@Injectable()
export class OidcBrowsers {
  private readonly isSecure: boolean;
  private readonly name: string;

  constructor(@Inject(GATEWAY_CONFIG) { http }: Pick<GatewayConfig, 'http'>) {
    this.isSecure = http.publicUrl.startsWith('https:');
    // Browsers let no other host, and nothing but HTTPS, set a cookie of such a name.
    this.name = this.isSecure ? '__Host-parlance-oidc' : 'parlance-oidc';
  }

  /** Undefined where the browser has none. */
  read({ headers }: Request): string | undefined {
    const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
    const [, value = ''] = pairs.find(([name]) => name === this.name) ?? [];
    return SECRET.test(value) ? value : undefined;
  }

  write(response: Response, secret: string): void {
    // Lax: the way back from the provider is a link from another site.
    response.cookie(this.name, secret, {
      ...{ httpOnly: true, sameSite: 'lax', secure: this.isSecure, path: '/' },
      maxAge: LASTS_MS,
    });
  }
}
