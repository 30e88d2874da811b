import type { z } from 'zod';

const CLUSTER_ADDRESS = /^k8s:\/\/\/[^/]+\/[^/:]+:[\w-]+$/;

/** Outside of a cluster nobody could say where such a service's pods are. */
export function refuseClusterAddressesOutside(
  env: Readonly<
    Record<'PARLANCE_INFERENCE_ADDRESSES' | 'PARLANCE_TTS_ADDRESSES', readonly string[]> & {
      KUBERNETES_SERVICE_HOST?: string | undefined;
    }
  >,
  context: z.RefinementCtx,
): void {
  for (const name of ['PARLANCE_INFERENCE_ADDRESSES', 'PARLANCE_TTS_ADDRESSES'] as const) {
    const message = clusterAddressFault(env[name], env.KUBERNETES_SERVICE_HOST !== undefined);
    if (message) context.addIssue({ code: 'custom', path: [name], message });
  }
}

function clusterAddressFault(addresses: readonly string[], isInCluster: boolean): string | undefined {
  const ofCluster = addresses.filter((address) => address.startsWith('k8s:'));
  if (!ofCluster.every((address) => CLUSTER_ADDRESS.test(address)))
    return 'must read k8s:///namespace/service:port';
  return ofCluster.length > 0 && !isInCluster
    ? 'k8s:/// addresses need a pod of Kubernetes (KUBERNETES_SERVICE_HOST)'
    : undefined;
}
