import { setTimeout as delay } from 'node:timers/promises';
import { TRAFFIC_LABELS } from '@parlance/contracts';
import type { Logger } from '@parlance/telemetry';
import type { FoundPeer, PeerShare } from './found-peer.js';
import { KubernetesFault, type KubernetesApi } from './kubernetes-api.js';

/** What of discovery.k8s.io/v1 is read here. */
export interface EndpointSlice {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly addressType: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}
interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly terminating?: boolean };
  readonly zone?: string;
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[] };
}
interface EndpointSliceList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly EndpointSlice[];
}

/** A service as `k8s:///NAMESPACE/SERVICE:PORT` names it; the port by number or by its name in the service. */
export interface ServiceAddress {
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
}

/** @returns undefined for an address of another kind */
export function parseServiceAddress(address: string): ServiceAddress | undefined {
  const [, namespace, service, port] = /^k8s:\/\/\/([^/]+)\/([^/:]+):([\w-]+)$/.exec(address) ?? [];
  return namespace && service && port ? { namespace, service, port } : undefined;
}

/** The endpoints that take new calls: neither unready nor terminating, and of a revision with a share of the calls where there are
 *  revisions. An address may be in two slices while one replaces the other. */
export function readyEndpoints(
  slices: Iterable<EndpointSlice>,
  { namespace, service, port }: ServiceAddress,
): Map<string, FoundPeer> {
  const name = `${service}.${namespace}.svc`;
  const found = new Map<string, FoundPeer>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    const number = portOf(slice, port);
    const share = shareOf(slice);
    if (number === undefined || share?.weight === 0) continue;
    for (const { addresses, conditions, zone, hints } of slice.endpoints ?? []) {
      if (conditions?.ready === false || conditions?.terminating === true) continue;
      const hintedZones = hints?.forZones?.map((hint) => hint.name);
      for (const ip of addresses)
        found.set(slice.addressType === 'IPv6' ? `[${ip}]:${number}` : `${ip}:${number}`, {
          name,
          location: { zone, hintedZones },
          ...(share ? { share } : {}),
        });
    }
  }
  return found;
}

/** What the operator says of the revision that a slice is of. A weight that is no number counts as none. */
function shareOf({ metadata: { name, labels = {} } }: EndpointSlice): PeerShare | undefined {
  const weight = labels[TRAFFIC_LABELS.weight];
  if (weight === undefined) return undefined;
  return { name: labels[TRAFFIC_LABELS.revision] ?? name, weight: Math.max(0, Number(weight) || 0) };
}

/** By name what the slice says; a number stands for itself where the slice has it, or has one port alone (of another number where the
 *  service maps it). */
function portOf({ ports }: EndpointSlice, wanted: string): number | undefined {
  const named = ports?.find(({ name }) => name === wanted)?.port;
  if (named !== undefined || !/^\d+$/.test(wanted)) return named;
  const same = ports?.find(({ port }) => port === Number(wanted))?.port;
  return same ?? (ports?.length === 1 ? ports[0]?.port : undefined);
}

/** The server ends each watch after this; it sends a bookmark every minute until then. */
const WATCH_SECONDS = 300;
const SILENCE_MS = 150_000;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

/** Follows the endpoint slices with some labels from a list on, again from a list where the watch is too old or breaks. What was found
 *  stays in use while the API server is away. */
export class EndpointSliceWatch {
  private readonly slices = new Map<string, EndpointSlice>();
  private readonly stop = new AbortController();
  private retryMs = RETRY_MS;

  /** @param selector  of labels, as Kubernetes writes it
   *  @param onChange  told all slices, after the first list and with every change */
  constructor(
    private readonly api: KubernetesApi,
    private readonly namespace: string,
    private readonly selector: string,
    private readonly onChange: (slices: readonly EndpointSlice[]) => void,
    private readonly logger?: Logger,
  ) {
    void this.run();
  }

  close(): void {
    this.stop.abort();
  }

  private async run(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      try {
        await this.follow(await this.list());
      } catch (error) {
        if (signal.aborted) return;
        // Too old to go on from: the next list is at once.
        if (error instanceof KubernetesFault && error.status === 410) continue;
        const { namespace, selector } = this;
        this.logger?.warn({ err: error, namespace, selector }, 'endpoints cannot be watched, trying again');
        await delay(this.retryMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
        this.retryMs = Math.min(2 * this.retryMs, LONGEST_RETRY_MS);
      }
    }
  }

  private async list(): Promise<string> {
    const list = await this.api.get<EndpointSliceList>(this.path(), this.stop.signal);
    this.slices.clear();
    for (const slice of list.items) this.slices.set(slice.metadata.name, slice);
    this.retryMs = RETRY_MS;
    this.tell();
    return list.metadata.resourceVersion;
  }

  /** Goes on watch after watch from a version; ends by an error only. */
  private async follow(from: string): Promise<void> {
    let resourceVersion = from;
    while (!this.stop.signal.aborted) {
      const query = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(WATCH_SECONDS) };
      const path = this.path({ ...query, resourceVersion });
      const begun = Date.now();
      for await (const { type, object } of this.api.watch<EndpointSlice>(
        path,
        this.stop.signal,
        SILENCE_MS,
      )) {
        if (type === 'ERROR') throw faultOf(object);
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        if (type === 'BOOKMARK') continue;
        if (type === 'DELETED') this.slices.delete(object.metadata.name);
        else this.slices.set(object.metadata.name, object);
        this.tell();
      }
      // A server that ends every watch at once is not asked in a loop.
      if (Date.now() - begun < RETRY_MS) throw new Error('the watch ended as it began');
    }
  }

  private tell(): void {
    this.onChange([...this.slices.values()]);
  }

  private path(query: Readonly<Record<string, string>> = {}): string {
    const parameters = new URLSearchParams({ ...query, labelSelector: this.selector });
    return `/apis/discovery.k8s.io/v1/namespaces/${this.namespace}/endpointslices?${parameters.toString()}`;
  }
}

function faultOf(object: unknown): KubernetesFault {
  const { code = 0, message = '' } = object as { code?: number; message?: string };
  return new KubernetesFault(code, message);
}
