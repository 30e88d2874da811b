import { PeriodicWork } from '@parlance/resilience';
import { workFailureReporter, type Logger } from '@parlance/telemetry';
import type { ClusterClient } from '../kit/cluster.client.js';
import { KINDS } from '../kit/kinds.data.js';

const SOURCE = { namespace: 'kube-system', name: 'extension-apiserver-authentication' } as const;
const EVERY_MS = 60_000;

/** By what the API server's aggregation layer is known: the cluster publishes the authority and the names of its certificate. */
export class FrontProxy {
  private authorityPem = '';
  private names: readonly string[] = [];
  private readonly work: PeriodicWork;
  private listener: () => void = () => undefined;

  constructor(
    private readonly client: ClusterClient,
    logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.read(), {
      everyMs: EVERY_MS,
      onFailure: workFailureReporter(
        logger,
        'front-proxy',
        'the authority of the API server could not be read',
      ),
    });
  }

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
  start(): Promise<void> {
    return this.work.runNow();
  }

  stop(): void {
    void this.work.stop();
  }

  private async read(): Promise<void> {
    const { apiVersion, kind } = KINDS.configMap;
    const map = await this.client.get({ apiVersion, kind, ...SOURCE });
    const data = (map.data ?? {}) as Readonly<Record<string, string>>;
    const authority = data['requestheader-client-ca-file'] ?? '';
    this.names = JSON.parse(data['requestheader-allowed-names'] ?? '[]') as string[];
    if (authority === this.authorityPem) return;
    this.authorityPem = authority;
    this.listener();
  }
}
