import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kubebox, type KubeboxOptions } from './kubebox.js';
import {
  conditionOf,
  installDefinitions,
  PodMetrics,
  SPEECH_MODELS,
  type SpeechModelObject,
} from './operator.js';
import { ServiceProcess } from './service-process.js';

const LIMIT_MS = 120_000;
/** Of the chart's release, and so of its service account, roles and lease. */
const NAME = 'parlance-operator';

/** A control plane with the custom resources, and the operator on it as its pod would run: by a service account that has the rights
 *  which the chart gives. */
export class OperatorCluster {
  private readonly replicas: ServiceProcess[] = [];

  private constructor(
    readonly box: Kubebox,
    readonly metrics: PodMetrics,
  ) {}

  static async start(options: KubeboxOptions = {}): Promise<OperatorCluster> {
    const [box, metrics] = await Promise.all([
      Kubebox.start({ capacity: { cpu: '64', memory: '256Gi', pods: '110' }, ...options }),
      PodMetrics.start(),
    ]);
    await installDefinitions(box);
    await giveRights(box);
    return new OperatorCluster(box, metrics);
  }

  /** Starts a replica. Its times are a third of the product's. */
  async operator(
    identity = 'one',
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ServiceProcess> {
    const replica = await ServiceProcess.start('operator', {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(this.box.port),
      PARLANCE_SERVICE_ACCOUNT: this.box.folder,
      HOME: this.box.folder,
      PARLANCE_OPERATOR_IDENTITY: identity,
      PARLANCE_OPERATOR_SCRAPE_MS: '1000',
      PARLANCE_OPERATOR_DISCOVERY_MS: '1000',
      PARLANCE_OPERATOR_POD_METRICS_URL: this.metrics.url,
      ...environment,
    });
    this.replicas.push(replica);
    return replica;
  }

  waitFor(
    name: string,
    satisfies: (model: SpeechModelObject) => boolean,
    { namespace = 'default', limitMs = LIMIT_MS } = {},
  ): Promise<SpeechModelObject> {
    return this.box.waitFor(SPEECH_MODELS(namespace, name), satisfies, limitMs);
  }

  /** Resolves when a condition is as told, such as `True PodsReady`. */
  waitForCondition(
    name: string,
    type: string,
    state: string,
    options?: { readonly namespace?: string; readonly limitMs?: number },
  ): Promise<SpeechModelObject> {
    return this.waitFor(name, (model) => conditionOf(model, type) === state, options);
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.end('SIGTERM')));
    await this.metrics.stop();
    await this.box.stop();
  }
}

/** Puts the token and the authority of the operator's service account beside the state of the control plane. */
async function giveRights(box: Kubebox): Promise<void> {
  const only = ['-s', 'templates/operator-rbac.yaml', '--set', 'operator.enabled=true'];
  const rights = await box.helm(['template', 'parlance', 'charts/parlance', '-n', 'default', ...only]);
  // One of the bindings names a namespace of its own.
  await box.kubectl(['apply', '--server-side', '--validate=ignore', '-f', '-'], { input: rights });
  await box.kubectl(['create', 'serviceaccount', NAME]);
  writeFileSync(join(box.folder, 'token'), await box.kubectl(['create', 'token', NAME]));
  writeFileSync(join(box.folder, 'ca.crt'), box.pki('ca.crt'));
}
