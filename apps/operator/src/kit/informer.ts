import type { Logger } from '@parlance/telemetry';
import { counter } from '@parlance/telemetry';
import type { ClusterClient } from './cluster.client.js';
import { ClusterError } from './cluster-error.js';
import type { Kind } from './kinds.data.js';
import { keyOf, type KubeObject } from './kube-object.js';
import { watchLines, type WatchLine } from './watch-lines.js';

const restarts = () => counter('parlance_operator_watch_restarts_total');

export interface InformerOptions {
  readonly kind: Kind;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  /** Keeps of an object what is needed of it: the cache holds them all. */
  readonly keep: (object: KubeObject) => KubeObject;
  /** An object came, changed or went (`undefined`). */
  readonly onChange: (object: KubeObject | undefined, before: KubeObject | undefined) => void;
  readonly logger: Logger;
}

const PAGE = 500;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [200, 15_000];
const SHORT_WATCH_MS = 1_000;

/** Holds all objects of a kind as the cluster has them: lists them, follows the watch, and begins anew after any fault. */
export class Informer {
  private objects = new Map<string, KubeObject>();
  private readonly stopping = new AbortController();
  private isSynced = false;
  private run: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: ClusterClient,
    readonly options: InformerOptions,
  ) {}

  get hasSynced(): boolean {
    return this.isSynced;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.objects.get(keyOf({ namespace, name }));
  }

  list(): IterableIterator<KubeObject> {
    return this.objects.values();
  }

  start(): void {
    this.run = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.run;
  }

  private async follow(): Promise<void> {
    // The most common reason, so that its first time can be seen.
    restarts().inc({ resource: this.options.kind.plural, reason: 'Expired' }, 0);
    let pauseMs = FIRST_PAUSE_MS;
    let version: string | undefined;
    while (!this.stopping.signal.aborted) {
      try {
        version ??= await this.relist();
        this.isSynced = true;
        const begun = performance.now();
        version = await this.watch(version);
        pauseMs = FIRST_PAUSE_MS;
        // A server that ends watches at once is not asked again and again.
        if (performance.now() - begun < SHORT_WATCH_MS) await sleep(pauseMs, this.stopping.signal);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        // Whatever was missed is found by listing again.
        version = undefined;
        const reason = error instanceof ClusterError ? error.reason : 'Fault';
        restarts().inc({ resource: this.options.kind.plural, reason });
        if (error instanceof ClusterError && error.isExpired) continue;
        const resource = this.options.kind.plural;
        this.options.logger.warn({ err: error, resource, pauseMs }, 'the watch broke, it begins anew');
        await sleep(pauseMs * (0.5 + Math.random()), this.stopping.signal);
        pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
      }
    }
  }

  private async relist(): Promise<string> {
    const { kind, namespace, labelSelector } = this.options;
    const found = new Map<string, KubeObject>();
    let next: string | undefined;
    let version: string;
    do {
      const page = await this.client.list(kind, { namespace, labelSelector, limit: PAGE, continue: next });
      for (const item of page.items) {
        // Items of a list do not name their type.
        const object = this.options.keep({ ...item, apiVersion: kind.apiVersion, kind: kind.kind });
        found.set(keyOf(object.metadata), object);
      }
      next = page.metadata.continue || undefined;
      version = page.metadata.resourceVersion ?? '';
    } while (next !== undefined);
    const before = this.objects;
    this.objects = found;
    for (const [key, object] of found) {
      const old = before.get(key);
      if (old?.metadata.resourceVersion !== object.metadata.resourceVersion)
        this.options.onChange(object, old);
    }
    for (const [key, old] of before) if (!found.has(key)) this.options.onChange(undefined, old);
    return version;
  }

  /** @returns the version to go on from when the server has ended the watch */
  private async watch(from: string): Promise<string> {
    const { kind, namespace, labelSelector } = this.options;
    const signal = this.stopping.signal;
    let version = from;
    for await (const line of watchLines(this.client, { kind, namespace, labelSelector, from, signal }))
      version = this.read(line) ?? version;
    return version;
  }

  /** @returns the version that a line brings @throws ClusterError for a line that ends the watch */
  private read({ type, object }: WatchLine): string | undefined {
    if (type === 'ERROR') throw ClusterError.from('watch', object.code ?? 500, JSON.stringify(object), null);
    if (type === 'BOOKMARK') return object.metadata.resourceVersion;
    const key = keyOf(object.metadata);
    const before = this.objects.get(key);
    if (type === 'DELETED') {
      this.objects.delete(key);
      this.options.onChange(undefined, before ?? object);
    } else {
      const kept = this.options.keep(object);
      this.objects.set(key, kept);
      this.options.onChange(kept, before);
    }
    return object.metadata.resourceVersion;
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
