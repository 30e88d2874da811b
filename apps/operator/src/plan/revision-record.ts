import { LABELS } from '../api/group.js';
import type { SpeechModel } from '../api/speech-model.js';
import { KINDS } from '../kit/kinds.data.js';
import type { KubeObject } from '../kit/kube-object.js';
import { isApplied } from '../kit/server-side-apply.js';
import { workloadName } from './names.js';
import { owned } from './networking.js';

/** A ConfigMap holds a MiB. What is larger is not recorded, and not repaired while another revision comes. */
const LONGEST = 900_000;
const RECORDED = [KINDS.deployment, KINDS.statefulSet, KINDS.configMap];

const nameOf = (model: SpeechModel, revision: string): string =>
  `${workloadName(model.name, revision)}-objects`;

/** @returns what keeps the objects of the revision that serves, as they are made: when another one is asked for, nothing else says what
 *  they were made of. Without the number of pods, which goes on changing. */
export function revisionRecord(
  model: SpeechModel,
  revision: string,
  objects: readonly KubeObject[],
): KubeObject[] {
  const text = JSON.stringify(objects.map((object) => withReplicas(object, undefined)));
  if (text.length > LONGEST) return [];
  return [
    owned(
      model,
      KINDS.configMap,
      nameOf(model, revision),
      { data: { objects: text } },
      { [LABELS.revision]: revision },
    ),
  ];
}

/** @param children  of the model
 *  @param replicas  of its pods; undefined: somebody else decides
 *  @returns the objects of an older revision as they must be; undefined where there is no record, or somebody has changed it */
export function recordedObjects(
  model: SpeechModel,
  revision: string,
  children: readonly KubeObject[],
  replicas: number | undefined,
): KubeObject[] | undefined {
  const record = recordOf(model, revision, children);
  const objects = record && parse(record);
  // Whoever may change the record could sign it as well: nothing but this revision's own objects comes of it.
  if (!record || !objects?.every((object) => isOfRevision(model, revision, object))) return undefined;
  if (!isApplied(revisionRecord(model, revision, objects)[0] ?? record, record)) return undefined;
  return objects.map((object) => withReplicas(object, replicas));
}

/** @returns whether the objects of a revision can be made again */
export function isRecorded(model: SpeechModel, revision: string, children: readonly KubeObject[]): boolean {
  return recordedObjects(model, revision, children, undefined) !== undefined;
}

function recordOf(
  model: SpeechModel,
  revision: string,
  children: readonly KubeObject[],
): KubeObject | undefined {
  return children.find(
    ({ kind, metadata }) =>
      kind === KINDS.configMap.kind &&
      metadata.name === nameOf(model, revision) &&
      !metadata.deletionTimestamp,
  );
}

function parse(record: KubeObject): KubeObject[] | undefined {
  const { objects = '' } = (record.data ?? {}) as { readonly objects?: string };
  try {
    const parsed: unknown = JSON.parse(objects);
    return Array.isArray(parsed) ? (parsed as KubeObject[]) : undefined;
  } catch {
    return undefined;
  }
}

function isOfRevision(model: SpeechModel, revision: string, object: unknown): boolean {
  const { kind, metadata } = (object ?? {}) as Partial<KubeObject>;
  return (
    RECORDED.some((recorded) => recorded.kind === kind) &&
    metadata?.namespace === model.namespace &&
    metadata.name === workloadName(model.name, revision)
  );
}

function withReplicas(object: KubeObject, replicas: number | undefined): KubeObject {
  if (object.spec === undefined) return object;
  const { replicas: _, ...spec } = object.spec as { readonly replicas?: number };
  return { ...object, spec: { ...(replicas === undefined ? {} : { replicas }), ...spec } };
}
