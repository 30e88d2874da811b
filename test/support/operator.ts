import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import type { Condition, KubeObject } from './kube-objects.js';
import type { Kubebox } from './kubebox.js';

export const SPEECH_MODELS = (namespace: string, name = ''): string =>
  `/apis/parlance.dev/v1alpha1/namespaces/${namespace}/speechmodels${name && `/${name}`}`;

export interface SpeechModelObject extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
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
