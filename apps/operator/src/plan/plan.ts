import type { KubeObject, KubeReference } from '../kit/kube-object.js';
import type { EventNote } from '../kit/event-recorder.js';

/** An object that others made under a name that is needed. */
export interface NameConflict {
  readonly kind: string;
  readonly name: string;
}

/** What there is to do for one object of the API group; made from what was observed, by nothing else. */
export interface Plan<Status extends object> {
  /** Objects as they must be, in this order. */
  readonly apply: readonly KubeObject[];
  /** Objects of ours that are no longer wanted. */
  readonly remove: readonly KubeObject[];
  /** Replica counts that only the operator decides: to and from zero. */
  readonly scale: readonly { readonly workload: KubeReference; readonly replicas: number }[];
  /** Labels and annotations of pods. */
  readonly pods: readonly PodPatch[];
  /** A revision that must be checked by golden utterances before anything more is done. */
  readonly check: GoldenRequest | undefined;
  readonly status: Status;
  readonly events: readonly EventNote[];
  /** When to look again, though nothing has changed. */
  readonly againMs: number | undefined;
}

export interface PodPatch {
  readonly name: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface GoldenRequest {
  readonly revision: string;
  readonly configMapName: string;
  readonly model: string;
  readonly language: string | undefined;
}
