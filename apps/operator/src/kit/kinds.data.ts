import { GROUP, VERSION } from '../api/group.js';
import type { KubeObject } from './kube-object.js';

/** How a kind is addressed in the API's paths. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

const kind = (apiVersion: string, name: string, plural = `${name.toLowerCase()}s`): Kind => ({
  apiVersion,
  kind: name,
  plural,
});

/** Every kind that the operator reads or writes. */
export const KINDS = {
  speechModel: kind(`${GROUP}/${VERSION}`, 'SpeechModel'),
  modelCache: kind(`${GROUP}/${VERSION}`, 'ModelCache'),
  voiceModel: kind(`${GROUP}/${VERSION}`, 'VoiceModel'),
  pod: kind('v1', 'Pod'),
  service: kind('v1', 'Service'),
  configMap: kind('v1', 'ConfigMap'),
  claim: kind('v1', 'PersistentVolumeClaim'),
  deployment: kind('apps/v1', 'Deployment'),
  statefulSet: kind('apps/v1', 'StatefulSet'),
  job: kind('batch/v1', 'Job'),
  autoscaler: kind('autoscaling/v2', 'HorizontalPodAutoscaler'),
  disruptionBudget: kind('policy/v1', 'PodDisruptionBudget'),
  networkPolicy: kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  lease: kind('coordination.k8s.io/v1', 'Lease'),
  event: kind('events.k8s.io/v1', 'Event'),
  scaledObject: kind('keda.sh/v1alpha1', 'ScaledObject'),
  podMonitor: kind('monitoring.coreos.com/v1', 'PodMonitor'),
} as const;

const byName = new Map(Object.values(KINDS).map((each) => [`${each.apiVersion}/${each.kind}`, each]));

/** @returns the kind of an object that the operator knows @throws Error for others, which is a fault of the operator */
export function kindOf({ apiVersion, kind: name }: Pick<Kind, 'apiVersion' | 'kind'>): Kind {
  const found = byName.get(`${apiVersion}/${name}`);
  if (!found) throw new Error(`${apiVersion} ${name} is no kind that the operator knows`);
  return found;
}

/** @returns the path of a kind, of a namespace or of one object */
export function pathOf(of: Kind, namespace?: string, name?: string): string {
  const root = of.apiVersion.includes('/') ? `/apis/${of.apiVersion}` : `/api/${of.apiVersion}`;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${within}/${of.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/** @returns where an object is, or one of its subresources, and by which name requests for it are counted */
export function located(
  object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>,
  subresource?: string,
): { readonly resource: string; readonly path: string } {
  const kind = kindOf(object);
  const path = pathOf(kind, object.metadata.namespace, object.metadata.name);
  return { resource: kind.plural, path: subresource === undefined ? path : `${path}/${subresource}` };
}
