import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import type { Condition, KubeObject } from './kube-objects.js';
import type { Kubebox } from './kubebox.js';
import { ServiceProcess } from './service-process.js';

export const SPEECH_MODELS = (namespace: string, name = ''): string =>
  `/apis/parlance.dev/v1alpha1/namespaces/${namespace}/speechmodels${name && `/${name}`}`;

export interface SpeechModelObject extends KubeObject {
  readonly status?: {
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly stableRevision?: string;
    readonly scaledBy?: string;
    readonly workload?: string;
    readonly traffic?: readonly {
      readonly revision: string;
      readonly service: string;
      readonly weight: number;
    }[];
    readonly rollout?: {
      readonly phase: string;
      readonly revision: string;
      readonly weight: number;
      readonly wordErrorPercent?: number;
      readonly message: string;
    };
    readonly conditions?: readonly Condition[];
  };
}

/** Installs the custom resource definitions; resolves when the API serves their kinds. */
export async function installDefinitions(box: Kubebox): Promise<void> {
  const folder = join(process.cwd(), 'k8s/crds');
  for (const file of readdirSync(folder)) await box.apply(readFileSync(join(folder, file), 'utf8'));
  for (const kind of ['speechmodels', 'modelcaches', 'voicemodels'])
    await box.waitFor(`/apis/parlance.dev/v1alpha1/${kind}`, () => true);
}

export function speechModel(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'parlance.dev/v1alpha1',
    kind: 'SpeechModel',
    metadata: { name, ...metadata },
    spec: { source: { catalogue: 'whisper-base' }, ...spec },
  };
}

/** @returns the status and reason of a condition, such as `True PodsReady` */
export function conditionOf(object: SpeechModelObject, type: string): string | undefined {
  const condition = object.status?.conditions?.find((each) => each.type === type);
  return condition && `${condition.status} ${condition.reason}`;
}

/** The operator as a process, on a control plane of the test's. Its times are a third of the product's. */
export async function startOperator(
  box: Kubebox,
  identity: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  return ServiceProcess.start('operator', {
    KUBECONFIG: box.kubeconfig,
    HOME: box.folder,
    PARLANCE_OPERATOR_IDENTITY: identity,
    PARLANCE_OPERATOR_SCRAPE_MS: '1000',
    PARLANCE_OPERATOR_DISCOVERY_MS: '1000',
    ...environment,
  });
}

/** One number of a process' metrics: the sum over all labels that match. */
export async function figureOf(process: ServiceProcess, name: string, labels = ''): Promise<number> {
  const page = await (await fetch(`${process.opsUrl}/metrics`)).text();
  return page
    .split('\n')
    .filter((line) => line.startsWith(name) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** What a pod says of itself, as apps/inference publishes it. */
export interface PublishedLoad {
  readonly streams: number;
  readonly capacity: number;
  readonly refused?: number;
  readonly workersLost?: number;
  readonly failed?: number;
}

/** Serves the metrics of pods that have no process of their own: PARLANCE_OPERATOR_POD_METRICS_URL leads the operator here. */
export class PodMetrics {
  private readonly loads = new Map<string, PublishedLoad>();

  private constructor(
    private readonly server: Server,
    private fallback: PublishedLoad,
  ) {}

  static async start(fallback: PublishedLoad = { streams: 0, capacity: 10 }): Promise<PodMetrics> {
    const port = await freePort();
    const server = createServer((request, response) => {
      const pod = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')[2] ?? '';
      response.end(metrics.page(pod));
    });
    const metrics = new PodMetrics(server, fallback);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return metrics;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/{namespace}/{pod}/metrics`;
  }

  /** What every pod says that nothing else is said of. */
  sayOfAll(load: PublishedLoad): void {
    this.fallback = load;
    this.loads.clear();
  }

  say(pod: string, load: PublishedLoad): void {
    this.loads.set(pod, load);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private page(pod: string): string {
    const {
      streams,
      capacity,
      refused = 0,
      workersLost = 0,
      failed = 0,
    } = this.loads.get(pod) ?? this.fallback;
    return [
      '# TYPE parlance_inference_active_streams gauge',
      `parlance_inference_active_streams{kind="live"} ${streams}`,
      'parlance_inference_active_streams{kind="recording"} 0',
      `parlance_inference_live_capacity{model="whisper-base"} ${capacity}`,
      `parlance_inference_refused_streams_total ${refused}`,
      `parlance_rpc_server_faults_total{code="inference.interrupted"} ${failed}`,
      `parlance_inference_workers_lost_total{lane="speech"} ${workersLost}`,
      '',
    ].join('\n');
  }
}
