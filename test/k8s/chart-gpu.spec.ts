import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHART } from '../support/charts.js';
import type { Pod, Workload } from '../support/kube-objects.js';
import { Kubebox } from '../support/kubebox.js';

const LIMIT_MS = 600_000;
/** Labels by which the clouds' overlays choose their nodes. */
const LABELS = {
  'cloud.google.com/gke-accelerator': 'nvidia-l4',
  'node.kubernetes.io/instance-type': 'g5.2xlarge',
};
const CAPACITY = { cpu: '32', memory: '128Gi', pods: '110', 'nvidia.com/gpu': '1' };

describe('recognition on GPU nodes, which are tainted', () => {
  let box: Kubebox;

  beforeAll(async () => {
    box = await Kubebox.start({ nodes: 3, labels: LABELS, capacity: CAPACITY });
    await box.kubectl(['taint', 'nodes', 'node-0', 'node-1', 'nvidia.com/gpu=present:NoSchedule']);
    await box.kubectl(['label', 'node', 'node-2', ...Object.keys(LABELS).map((label) => `${label}-`)]);
    await box.apply([
      { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'nvidia' }, handler: 'nvidia' },
    ]);
  }, LIMIT_MS);
  afterAll(() => box?.stop(), 60_000);

  it.each(['gke-l4', 'eks-g5'])(
    'is scheduled there by helm/%s.yaml, one pod for each GPU, and nothing else is',
    async (overlay) => {
      await box.createNamespace(overlay);
      const stringData = {
        NATS_URL: 'nats://bus:4222',
        MONGODB_URI: 'mongodb://store/parlance',
        PARLANCE_API_KEYS: '',
      };
      await box.apply(
        [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'parlance' }, stringData }],
        overlay,
      );
      // The clouds' storage classes are not here.
      const args = [
        '--set',
        'models.volume.storageClassName=standard',
        '--set',
        'services.inference.replicas=2',
      ];
      await box.helm(['install', 'voice', CHART, '-n', overlay, '-f', `helm/${overlay}.yaml`, ...args]);
      for (const service of ['inference', 'gateway', 'conversation', 'tts']) {
        const path = `/apis/apps/v1/namespaces/${overlay}/deployments/voice-${service}`;
        await box.waitFor<Workload>(path, ({ spec, status }) => status?.readyReplicas === spec.replicas);
      }
      const pods = await box.list<Pod>(`/api/v1/namespaces/${overlay}/pods`);
      const nodesOf = (isRecognition: boolean) =>
        pods
          .filter(
            ({ metadata }) =>
              (metadata.labels!['app.kubernetes.io/component'] === 'inference') === isRecognition,
          )
          .map(({ spec }) => spec.nodeName)
          .sort();
      expect(nodesOf(true)).toEqual(['node-0', 'node-1']);
      expect(new Set(nodesOf(false))).toEqual(new Set(['node-2']));
      await box.helm(['uninstall', 'voice', '-n', overlay, '--wait']);
    },
    LIMIT_MS,
  );
});
