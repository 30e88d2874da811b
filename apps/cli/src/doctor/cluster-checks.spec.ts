import { describe, expect, it } from '@jest/globals';
import { clusterFindings } from './cluster-checks.js';

/** A pod as `kubectl get pods -o json` has it. */
function pod(name: string, container: object, status: object = {}): object {
  const whole = { name: 'service', ready: true, restartCount: 0, state: { running: {} }, lastState: {} };
  return {
    kind: 'Pod',
    metadata: { name, namespace: 'speech', uid: 'x' },
    status: { phase: 'Running', containerStatuses: [{ ...whole, ...container }], ...status },
  };
}

const NOW = Date.parse('2026-12-02T12:00:00Z');

describe('what is amiss in a cluster', () => {
  it('is nothing where every pod is ready, or done, and each volume is bound', () => {
    const findings = clusterFindings(
      [
        pod('gateway-1', {}),
        pod('models-1', { ready: false }, { phase: 'Succeeded' }),
        { kind: 'PersistentVolumeClaim', metadata: { name: 'models' }, status: { phase: 'Bound' } },
        { kind: 'Service', metadata: { name: 'gateway' } },
      ],
      NOW,
    );
    expect(findings).toEqual([
      { subject: 'pod gateway-1', isWell: true, detail: 'ready' },
      { subject: 'pod models-1', isWell: true, detail: 'done' },
      { subject: 'volume models', isWell: true, detail: 'Bound' },
    ]);
  });

  it.each([
    ['an image that cannot be pulled', { state: { waiting: { reason: 'ImagePullBackOff' } } }, /pull secret/],
    [
      'a process that needs more memory than it may have',
      { restartCount: 4, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } },
      /memory limit/,
    ],
    [
      'a process that ends at its start',
      { state: { waiting: { reason: 'CrashLoopBackOff' } } },
      /--previous/,
    ],
    ['a process that waits for something', {}, /readyz/],
  ])('names %s, with what to do', (_, container, remedy) => {
    const [finding] = clusterFindings([pod('inference-1', { ready: false, ...container })], NOW);
    expect(finding).toMatchObject({ subject: 'pod inference-1', isWell: false });
    expect(finding?.remedy).toMatch(remedy);
  });

  it('is a pod that no node takes, a volume that is not bound, and a certificate that is none', () => {
    const message = '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.';
    const conditions = [{ type: 'PodScheduled', status: 'False', message }];
    const findings = clusterFindings(
      [
        pod('inference-2', {}, { phase: 'Pending', containerStatuses: undefined, conditions }),
        { kind: 'PersistentVolumeClaim', metadata: { name: 'models' }, status: { phase: 'Pending' } },
        { kind: 'Secret', metadata: { name: 'gateway-tls' }, data: { 'tls.crt': btoa('nothing') } },
      ],
      NOW,
    );
    expect(findings.map(({ isWell, detail }) => [isWell, detail])).toEqual([
      [false, message],
      [false, 'Pending'],
      [false, 'tls.crt is no certificate'],
    ]);
  });

  it('is a namespace without pods', () => {
    expect(clusterFindings([], NOW)).toMatchObject([{ subject: 'pods', isWell: false }]);
  });
});
