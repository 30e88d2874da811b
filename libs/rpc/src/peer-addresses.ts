import { lookup } from 'node:dns/promises';
import type { Logger } from '@parlance/telemetry';
import { parseServiceAddress } from './endpoint-slices.js';
import type { FoundPeer } from './found-peer.js';
import { KubernetesApi, type KubernetesAccess } from './kubernetes-api.js';
import { ServiceEndpoints } from './service-endpoints.js';

export interface PeerAddressOptions {
  /** `host:port`, or `k8s:///namespace/service:port`, each. */
  readonly addresses: readonly string[];
  /** How often host names are looked up again. */
  readonly resolveEveryMs?: number | undefined;
  /** Needed where an address begins with `k8s:`. */
  readonly kubernetes?: KubernetesAccess | undefined;
  readonly logger?: Logger | undefined;
}

type Found = ReadonlyMap<string, FoundPeer>;

/** How long calls wait for the first word of the API server. */
const FIRST_WORD_MS = 5_000;

/** Follows where the peers of a service are: host names by DNS (a headless Service's pods), Kubernetes' services by their endpoints. */
export class PeerAddresses {
  /** Resolves once each address has been looked up. */
  readonly known: Promise<unknown>;
  private readonly found: Found[];
  private readonly api: KubernetesApi | undefined;
  private readonly ends: (() => void)[] = [];

  /** @param onChange  told all peers, by `ip:port`, with every change
   *  @throws Error for a Kubernetes address without access to Kubernetes */
  constructor(
    private readonly options: PeerAddressOptions,
    private readonly onChange: (found: Found) => void,
  ) {
    const { addresses, kubernetes } = options;
    this.found = addresses.map(() => new Map());
    if (addresses.some((address) => parseServiceAddress(address))) {
      if (!kubernetes) throw new Error('an address of Kubernetes is used outside of it');
      this.api = new KubernetesApi(kubernetes);
    }
    this.known = Promise.all(addresses.map((address, index) => this.follow(address, index)));
  }

  close(): void {
    for (const end of this.ends) end();
    this.api?.close();
  }

  private follow(address: string, index: number): Promise<void> {
    const service = parseServiceAddress(address);
    return service ? this.watch(service, index) : this.lookUpOften(address, index);
  }

  private watch(service: NonNullable<ReturnType<typeof parseServiceAddress>>, index: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, FIRST_WORD_MS);
      timer.unref();
      const endpoints = new ServiceEndpoints(
        this.api!,
        service,
        (found) => {
          this.set(index, found);
          clearTimeout(timer);
          resolve();
        },
        this.options.logger,
      );
      this.ends.push(() => endpoints.close());
    });
  }

  private lookUpOften(address: string, index: number): Promise<void> {
    const lookUp = async (): Promise<void> => {
      const found = await lookUpHost(address);
      // A failed look-up is no reason to drop peers that work.
      if (found.size > 0) this.set(index, found);
    };
    const timer = setInterval(() => void lookUp(), this.options.resolveEveryMs ?? 5_000).unref();
    this.ends.push(() => clearInterval(timer));
    return lookUp();
  }

  private set(index: number, found: Found): void {
    this.found[index] = found;
    this.onChange(new Map(this.found.flatMap((part) => [...part])));
  }
}

async function lookUpHost(address: string): Promise<Found> {
  const split = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, split), address.slice(split + 1)];
  const name = host.replace(/^\[|\]$/g, '');
  const answers = await lookup(name, { all: true }).catch(() => []);
  return new Map(
    answers.map(({ address: ip, family }) => [
      family === 6 ? `[${ip}]:${port}` : `${ip}:${port}`,
      { name, location: {} },
    ]),
  );
}
