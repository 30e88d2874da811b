import type { SpeechModel } from '../api/speech-model.js';
import type { KubeObject } from '../kit/kube-object.js';
import { conditionsIn } from '../kit/conditions.js';

/** A pod of a model, as far as plans need it. */
export interface ObservedPod {
  readonly name: string;
  readonly uid: string;
  readonly revision: string;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  /** Why a container does not run, as its node or the scheduler says. */
  readonly problem: { readonly reason: string; readonly message: string } | undefined;
  readonly isRouted: boolean;
  readonly deletionCost: number | undefined;
  readonly createdAt: number;
  /** What the pod published last; undefined where nothing fresh is known. */
  readonly load: PodLoad | undefined;
}

export interface PodLoad {
  readonly streams: number;
  readonly capacity: number;
  /** Live streams refused for want of capacity since the process began. */
  readonly refused: number;
  /** Jobs that got a worker since the last scrape, and how long each waited on average. */
  readonly jobs: number;
  readonly queueWaitMs: number;
  readonly workersLost: number;
  /** Calls that failed by the pod's own fault, and recognitions that were answered, since the process began. */
  readonly failed: number;
  readonly answered: number;
  /** Mean time of a final since the last scrape, undefined where there was none. */
  readonly finalMs: number | undefined;
}

export interface ObservedCache {
  readonly isReady: boolean;
  readonly claimName: string | undefined;
  readonly reason: string;
  readonly message: string;
  readonly models: readonly string[];
}

/** What the cluster has beside Kubernetes itself. */
export interface Offers {
  readonly keda: boolean;
  readonly podMonitor: boolean;
}

export interface GoldenResult {
  readonly revision: string;
  readonly wordErrorPercent?: number;
  /** Why it could not be made. */
  readonly fault?: string;
}

/** How many pods the load asks for. */
export interface Demand {
  /** The streams to have slots for, in per cent of those that one pod holds; undefined where no pod has said anything. */
  readonly loadPercent: number | undefined;
  /** When a stream was last held, milliseconds since the epoch. */
  readonly lastActiveAt: number | undefined;
}

/** Settings of the operator that plans depend on. */
export interface PlanSettings {
  readonly images: {
    readonly cpu: string;
    readonly cuda: string;
    readonly cli: string;
    readonly tts: string;
  };
  /** The label app.kubernetes.io/name of gateways and of the operator. */
  readonly appName: string;
  readonly operatorNamespace: string;
  readonly operatorUrl: string;
  readonly metricsNamespaces: readonly string[];
  readonly gatewayNamespaces: readonly string[];
  /** For the network policies. */
  readonly otlpEndpoint: string | undefined;
  /** Variables of pods, as the operator's own: log level, collector, ratio. */
  readonly telemetry: Readonly<Record<string, string>>;
}

/** Everything that a plan for a SpeechModel is made from. */
export interface ObservedModel {
  readonly model: SpeechModel;
  /** Objects that the model controls. */
  readonly children: readonly KubeObject[];
  /** Objects under names that the model needs and does not control. */
  readonly foreign: readonly KubeObject[];
  readonly pods: readonly ObservedPod[];
  /** The cache that the model names; undefined where it names none or there is none. */
  readonly cache: ObservedCache | undefined;
  readonly offers: Offers;
  readonly demand: Demand;
  readonly golden: GoldenResult | undefined;
  readonly settings: PlanSettings;
  readonly now: Date;
}

/** @returns what a ModelCache says of itself to those that read it */
export function readCache(object: KubeObject): ObservedCache {
  const spec = (object.spec ?? {}) as { readonly models?: readonly string[] };
  const status = (object.status ?? {}) as { readonly claimName?: string };
  const ready = conditionsIn(object.status).find(({ type }) => type === 'Ready');
  return {
    isReady: ready?.status === 'True' && object.metadata.deletionTimestamp === undefined,
    claimName: status.claimName,
    reason: ready?.reason ?? 'Pending',
    message: ready?.message ?? `ModelCache ${object.metadata.name} has not been looked at yet`,
    models: spec.models ?? [],
  };
}
