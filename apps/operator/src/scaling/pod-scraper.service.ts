import { request } from 'undici';
import { PeriodicWork } from '@parlance/resilience';
import { counter, workFailureReporter, type Logger } from '@parlance/telemetry';
import { readSpeechModel } from '../api/speech-model.v1alpha1.schema.js';
import { UnreadableError } from '../api/custom-resource.js';
import type { SpeechModel } from '../api/speech-model.js';
import { KINDS } from '../kit/kinds.data.js';
import { keyOf, type KubeObject } from '../kit/kube-object.js';
import type { ClusterView } from '../observe/cluster-view.js';
import { isPodReady, podStatus } from '../observe/pod-reading.js';
import { podsFor } from '../plan/demand.js';
import type { LoadService } from './load.service.js';
import { readFigures } from './pod-figures.js';

const scrapes = () => counter('parlance_operator_scrapes_total');

const LIMIT_MS = 2_000;
const AT_ONCE = 32;

export interface PodScraperOptions {
  readonly everyMs: number;
  /** `{ip}`, `{namespace}` and `{pod}` stand for the pod's own. */
  readonly metricsUrl: string;
  /** What a model's load asks for has changed. */
  readonly onChange: (key: string) => void;
  readonly logger: Logger;
}

/** @returns an address of a pod, from a template; undefined while it has none */
export function podAddress(template: string, pod: KubeObject): string | undefined {
  const { podIP } = podStatus(pod);
  if (podIP === undefined) return undefined;
  const values: Readonly<Record<string, string | undefined>> = {
    ip: podIP.includes(':') ? `[${podIP}]` : podIP,
    namespace: pod.metadata.namespace,
    pod: pod.metadata.name,
  };
  return template.replace(/\{(ip|namespace|pod)\}/g, (_, name: string) => values[name] ?? '');
}

/** Reads the metrics of the models' pods, on every replica: each serves the API of external metrics. */
export class PodScraper {
  private readonly work: PeriodicWork;
  private readonly before = new Map<string, string>();

  constructor(
    private readonly view: ClusterView,
    private readonly loads: LoadService,
    private readonly options: PodScraperOptions,
  ) {
    this.work = new PeriodicWork(() => this.scrapeAll(), {
      everyMs: options.everyMs,
      onFailure: workFailureReporter(options.logger, 'pod-metrics', 'pods could not be scraped'),
    });
  }

  start(): void {
    void this.work.runNow();
  }

  async stop(): Promise<void> {
    await this.work.stop();
  }

  private async scrapeAll(): Promise<void> {
    const models = this.view.list(KINDS.speechModel).flatMap((object) => readable(object));
    const pods = models.flatMap(({ object }) => this.view.podsOf(object));
    // A pod that ends still holds streams, and may say that it is not ready.
    const waiting = pods.filter((pod) => isPodReady(pod) || pod.metadata.deletionTimestamp !== undefined);
    this.loads.keepOnly(new Set(pods.map(({ metadata }) => metadata.uid ?? '')));
    const workers = Array.from({ length: Math.min(AT_ONCE, waiting.length) }, async () => {
      for (let pod = waiting.pop(); pod; pod = waiting.pop()) await this.scrape(pod);
    });
    await Promise.all(workers);
    const keys = new Set(models.map(({ object }) => keyOf(object.metadata)));
    for (const key of this.before.keys()) {
      if (keys.has(key)) continue;
      this.before.delete(key);
      this.loads.forget(key);
    }
    for (const model of models) this.compare(model);
  }

  private async scrape(pod: KubeObject): Promise<void> {
    const url = podAddress(this.options.metricsUrl, pod);
    const { uid = '' } = pod.metadata;
    if (url === undefined) return;
    try {
      const answer = await request(url, { signal: AbortSignal.timeout(LIMIT_MS) });
      const page = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
      const { load, counters } = readFigures(page, this.loads.countersOf(uid));
      this.loads.note(uid, load, counters);
      scrapes().inc({ outcome: 'read' });
    } catch (error) {
      scrapes().inc({ outcome: 'failed' });
      this.options.logger.debug({ err: error, url }, 'a pod could not be scraped');
    }
  }

  /** Tells of a model whose plan may be another one now. */
  private compare(model: SpeechModel): void {
    const pods = this.view.podsOf(model.object);
    const key = keyOf(model.object.metadata);
    this.loads.sample(model, pods);
    const { loadPercent } = this.loads.demandOf(model);
    const wanted =
      loadPercent === undefined ? 'unknown' : podsFor(loadPercent, model.spec.autoscaling.streamsPercent);
    const held = pods.map((pod) => {
      const { streams = 0, workersLost = 0 } = this.loads.loadOf(pod) ?? {};
      return `${pod.metadata.name} ${Math.ceil(Math.log2(Math.max(streams, 0.5)))} ${workersLost}`;
    });
    const now = `${wanted} ${held.sort().join()}`;
    if (this.before.get(key) === now) return;
    this.before.set(key, now);
    this.options.onChange(key);
  }
}

function readable(object: KubeObject): SpeechModel[] {
  try {
    return [readSpeechModel(object)];
  } catch (error) {
    if (error instanceof UnreadableError) return [];
    throw error;
  }
}
