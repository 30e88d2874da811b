import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localCertificates } from '../../tools/dev/src/local-authority.js';
import type { Gateway, Platform } from './platform.js';

/** One more replica of a platform's gateway, that speaks TLS: OpenAI's realtime clients connect by nothing else. */
export class TlsGateway {
  private constructor(
    private readonly folder: string,
    private readonly gateway: Gateway,
    /** Of the authority that has signed its certificate, PEM. */
    readonly ca: Buffer,
  ) {}

  /** The platform ends it. */
  static async start(platform: Platform): Promise<TlsGateway> {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-tls-'));
    const { ca, cert, key } = await localCertificates(folder);
    const gateway = await platform.startGateway({ PARLANCE_TLS_CERT: cert, PARLANCE_TLS_KEY: key });
    return new TlsGateway(folder, gateway, readFileSync(ca));
  }

  /** Where OpenAI's clients find the API. */
  get baseURL(): string {
    return `${this.gateway.url.replace('http:', 'https:')}/v1`;
  }

  get hasEnded(): boolean {
    return this.gateway.process.hasEnded;
  }

  /** Of its metrics. */
  metric(name: string): Promise<number> {
    return this.gateway.metric(name);
  }

  /** Once the platform has stopped. */
  removeFiles(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
