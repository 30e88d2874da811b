import type { CustomResource } from './custom-resource.js';
import type { Condition } from '../kit/conditions.js';

/** Precisions that a resource may ask for. */
export const MODEL_PRECISIONS = ['f32', 'int8', 'int4', 'f16'] as const;
export type Profile = 'cpu' | 'cpu-large' | 'l4' | 'a10g' | 'a100-mig-1g' | 'a100' | 'h100';

export type SpeechModelSource =
  | { readonly kind: 'catalogue'; readonly name: string }
  | { readonly kind: 'huggingFace'; readonly id: string; readonly endpoint: string | undefined }
  | {
      readonly kind: 'package';
      readonly registry: 'python' | 'npm';
      readonly name: string;
      readonly model: string;
    }
  | {
      readonly kind: 's3';
      readonly prefix: string;
      readonly model: string;
      readonly endpoint: string | undefined;
      readonly secretName: string | undefined;
    }
  | { readonly kind: 'volume'; readonly claimName: string; readonly model: string };

export interface WarmVolume {
  readonly size: string;
  readonly storageClassName: string | undefined;
}

export interface GoldenCheck {
  readonly configMapName: string;
  readonly maxWordErrorPercent: number;
}

export interface RolloutSettings {
  readonly strategy: 'Canary' | 'Replace';
  /** Per cent of new streams, step by step; 100 follows. */
  readonly weights: readonly number[];
  readonly stepSeconds: number;
  readonly deadlineSeconds: number;
  readonly golden: GoldenCheck | undefined;
  readonly maxWorkersLost: number;
  readonly maxErrorPercent: number;
  readonly maxLatencyPercent: number;
}

/** What a SpeechModel asks for, in no version of the API: each version is read into this, and plans are made from this alone. */
export interface SpeechModelSpec {
  readonly source: SpeechModelSource;
  readonly precision: (typeof MODEL_PRECISIONS)[number];
  readonly language: string | undefined;
  readonly image: string | undefined;
  readonly resources: {
    readonly profile: Profile;
    readonly gpus: number | undefined;
    readonly cpu: string | undefined;
    readonly memory: string | undefined;
  };
  readonly replicas: { readonly min: number; readonly max: number };
  readonly autoscaling: {
    readonly streamsPercent: number;
    readonly queueWaitMs: number;
    readonly leadSeconds: number;
    readonly idleSeconds: number;
    readonly scaleDownSeconds: number;
  };
  readonly placement: {
    readonly nodeSelector: Readonly<Record<string, string>>;
    readonly tolerations: readonly object[];
    readonly affinity: object | undefined;
    readonly priorityClassName: string | undefined;
    readonly runtimeClassName: string | undefined;
    readonly spreadZones: boolean;
  };
  readonly cacheName: string | undefined;
  readonly warmPods: number;
  readonly warmVolume: WarmVolume | undefined;
  readonly rollout: RolloutSettings;
  readonly drainSeconds: number;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly serviceAccountName: string | undefined;
}

export type RolloutPhase = 'Starting' | 'Checking' | 'Shifting' | 'Completed' | 'RolledBack';

export interface RolloutStatus {
  readonly phase: RolloutPhase;
  readonly revision: string;
  readonly fromRevision: string;
  readonly weight: number;
  readonly step: number;
  readonly startedAt: string;
  readonly stepStartedAt: string;
  readonly wordErrorPercent?: number;
  readonly message: string;
}

export interface SpeechModelStatus {
  readonly observedGeneration?: number;
  readonly model?: string;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly selector?: string;
  readonly scaledBy?: string;
  readonly workload?: string;
  readonly stableRevision?: string;
  readonly idleSince?: string;
  readonly traffic?: readonly {
    readonly revision: string;
    readonly service: string;
    readonly weight: number;
  }[];
  readonly rollout?: RolloutStatus;
  readonly conditions?: readonly Condition[];
}

/** A SpeechModel as the cluster has it. */
export type SpeechModel = CustomResource<SpeechModelSpec, SpeechModelStatus>;

/** @returns the name by which services know the model of a source */
export function modelNameOf(source: SpeechModelSource): string {
  switch (source.kind) {
    case 'catalogue':
      return source.name;
    case 'huggingFace':
      return source.id;
    default:
      return source.model;
  }
}
