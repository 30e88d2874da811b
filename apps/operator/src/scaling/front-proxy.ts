import type { Logger } from '@parlance/telemetry';
import type { ClusterClient } from '../kit/cluster.client.js';
import { KINDS } from '../kit/kinds.data.js';

const SOURCE = { namespace: 'kube-system', name: 'extension-apiserver-authentication' } as const;
const EVERY_MS = 60_000;

/** By what the API server's aggregation layer is known: the cluster publishes the authority and the names of its certificate. */
export class FrontProxy {
  private authorityPem = '';
  private names: readonly string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private listener: () => void = () => undefined;

  constructor(
    private readonly client: ClusterClient,
    private readonly logger: Logger,
  ) {}

  get authority(): string {
    return this.authorityPem;
  }

  /** @param name  the common name of a certificate that the authority has signed */
  isAllowed(name: string | string[] | undefined): boolean {
    if (typeof name !== 'string' || this.authorityPem === '') return false;
    return this.names.length === 0 || this.names.includes(name);
  }

  onChange(listener: () => void): void {
    this.listener = listener;
  }

  /** Resolves when it has read them once, or could not. */
  async start(): Promise<void> {
    await this.read();
    this.timer = setInterval(() => void this.read(), EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async read(): Promise<void> {
    try {
      const { apiVersion, kind } = KINDS.configMap;
      const map = await this.client.get({ apiVersion, kind, ...SOURCE });
      const data = (map.data ?? {}) as Readonly<Record<string, string>>;
      const authority = data['requestheader-client-ca-file'] ?? '';
      this.names = JSON.parse(data['requestheader-allowed-names'] ?? '[]') as string[];
      if (authority === this.authorityPem) return;
      this.authorityPem = authority;
      this.listener();
    } catch (error) {
      this.logger.warn({ err: error, ...SOURCE }, 'the authority of the API server could not be read');
    }
  }
}
