import type { ModelCache } from '../api/model-cache.v1alpha1.schema.js';
import { LABELS } from '../api/group.js';
import { KINDS } from '../kit/kinds.data.js';
import { ownerReferenceTo, type KubeObject } from '../kit/kube-object.js';
import { digestOf } from '../kit/server-side-apply.js';
import type { PlanSettings } from '../observe/observed.js';
import { COMMAND_LINE, modelFolders } from './model-volume.js';
import { CONTAINER_SECURITY, POD_SECURITY } from './pod-security.data.js';

const labelsOf = (cache: ModelCache) => ({
  'app.kubernetes.io/name': 'parlance',
  'app.kubernetes.io/component': 'model-cache',
  [LABELS.cache]: cache.name,
  [LABELS.managedBy]: 'parlance-operator',
});

const metadataOf = (cache: ModelCache, name: string) => ({
  name,
  namespace: cache.namespace,
  labels: labelsOf(cache),
  ownerReferences: [ownerReferenceTo(cache.object)],
});

/** @returns the claim whose volume holds the models */
export function claimNameOf({ name, spec }: ModelCache): string {
  return spec.storage.claimName ?? `${name}-cache`;
}

/** @returns the claim of the cache's own, unless it names one that exists */
export function cacheClaim(cache: ModelCache): KubeObject[] {
  const { size, storageClassName, accessMode } = cache.spec.storage;
  if (size === undefined) return [];
  return [
    {
      apiVersion: KINDS.claim.apiVersion,
      kind: KINDS.claim.kind,
      metadata: metadataOf(cache, claimNameOf(cache)),
      spec: {
        accessModes: [accessMode],
        ...(storageClassName === undefined ? {} : { storageClassName }),
        resources: { requests: { storage: size } },
      },
    },
  ];
}

/** @returns the name of the Job of one model: another one when anything that it does changes, or when it is time to verify again */
export function jobName(cache: ModelCache, model: string, { images }: PlanSettings, now: Date): string {
  const { precisions, sources, storage, secretName, verifyHours } = cache.spec;
  const round = verifyHours > 0 ? Math.floor(now.getTime() / (verifyHours * 3_600_000)) : 0;
  const what = { model, precisions, sources, storage, secretName, image: images.cli, round };
  return `${cache.name}-${digestOf(what).slice(0, 10)}`;
}

/** @returns the Job that fetches a model, compiles it, and compares all its files with their checksums */
export function cacheJob(cache: ModelCache, model: string, settings: PlanSettings, now: Date): KubeObject {
  const { precisions, sources, secretName, nodeSelector, tolerations } = cache.spec;
  const name = jobName(cache, model, settings, now);
  const container = (step: string, args: readonly string[]) => ({
    name: step,
    image: settings.images.cli,
    args: [COMMAND_LINE, 'models', ...args],
    securityContext: CONTAINER_SECURITY,
    env: Object.entries({
      ...modelFolders(),
      HOME: '/tmp',
      ...(sources.length > 0 ? { PARLANCE_MODEL_SOURCES: sources.join() } : {}),
    }).map(([variable, value]) => ({ name: variable, value })),
    ...(secretName === undefined ? {} : { envFrom: [{ secretRef: { name: secretName } }] }),
    // What failed is read from the container's status.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '4Gi' } },
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'models', mountPath: '/models' },
    ],
  });
  return {
    apiVersion: KINDS.job.apiVersion,
    kind: KINDS.job.kind,
    metadata: metadataOf(cache, name),
    spec: {
      backoffLimit: 2,
      activeDeadlineSeconds: 7_200,
      template: {
        metadata: { labels: labelsOf(cache) },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: POD_SECURITY,
          nodeSelector,
          tolerations,
          initContainers: [
            container('fetch', ['download', '--no-build', model]),
            container('compile', ['build', '--precisions', precisions.join(), model]),
          ],
          containers: [container('verify', ['verify', model])],
          volumes: [
            { name: 'tmp', emptyDir: { sizeLimit: '4Gi' } },
            { name: 'models', persistentVolumeClaim: { claimName: claimNameOf(cache) } },
          ],
        },
      },
    },
  };
}
