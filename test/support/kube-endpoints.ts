import { mkdtempSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kubebox } from './kubebox.js';

/** An address of this machine that an endpoint may have: the API server refuses loopback. */
export function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flat();
  const found = all.find((address) => address?.family === 'IPv4' && !address.internal);
  if (!found) throw new Error('this machine has no address beside loopback');
  return found.address;
}

/** An endpoint slice with one pod: a port of this machine. Each pod has a slice of its own, since ports belong to slices. */
export function sliceOf(pod: {
  readonly name: string;
  readonly service: string;
  readonly port: number;
  readonly conditions: object;
  /** Beside the name of the service. */
  readonly labels?: Readonly<Record<string, string>>;
}): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: pod.name, labels: { ...pod.labels, 'kubernetes.io/service-name': pod.service } },
    addressType: 'IPv4',
    ports: [{ name: 'grpc', port: pod.port, protocol: 'TCP' }],
    endpoints: [{ addresses: [ownAddress()], conditions: pod.conditions }],
  };
}

/** A service account that may list and watch endpoint slices of its namespace, and no more. */
function watcherOf(namespace: string, name: string): object[] {
  const metadata = { name, namespace };
  const group = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${group}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] }],
    },
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}

/** A control plane with a namespace in which the service account `gateway` may watch endpoint slices.
 *  @returns it, and a folder with the account's token and authority as a pod has them mounted */
export async function watchedCluster(
  namespace: string,
): Promise<{ readonly box: Kubebox; readonly folder: string }> {
  const box = await Kubebox.start({ nodes: 1 });
  await box.createNamespace(namespace);
  await box.apply(watcherOf(namespace, 'gateway'), namespace);
  const folder = mkdtempSync(join(tmpdir(), 'parlance-account-'));
  writeFileSync(join(folder, 'token'), await box.kubectl(['create', 'token', 'gateway', '-n', namespace]));
  writeFileSync(join(folder, 'ca.crt'), box.pki('ca.crt'));
  return { box, folder };
}
