import { describe, expect, it } from '@jest/globals';
import { reducedPod, withoutManagedFields } from './reduced-objects.js';

const METADATA = { name: 'english-1', namespace: 'voices', uid: 'one', resourceVersion: '7' };
const manager = (name: string, spec: object) => ({
  ...{ manager: name, operation: 'Apply', time: '2026-05-01T12:00:00Z' },
  fieldsV1: { 'f:spec': spec },
});

describe('withoutManagedFields', () => {
  it('keeps who decides about replicas, and nothing else of who wrote what', () => {
    const managedFields = [
      manager('parlance-operator', { 'f:template': {} }),
      manager('kubectl', { 'f:replicas': {} }),
      { manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': {} } },
    ];
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...METADATA, managedFields } };
    expect(withoutManagedFields(object)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: METADATA,
      replicaManagers: ['kubectl/Apply'],
    });
  });

  it('leaves an object as it is that says nothing of it', () => {
    const object = { apiVersion: 'v1', kind: 'Service', metadata: METADATA, spec: { clusterIP: 'None' } };
    expect(withoutManagedFields(object)).toEqual(object);
  });
});

describe('reducedPod', () => {
  it('holds what plans read of a pod, not what its containers are', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...METADATA, labels: { a: 'b' }, managedFields: [], finalizers: ['x'] },
      spec: { containers: [{ name: 'inference', env: [{ name: 'SECRET', value: 'x' }] }] },
      status: { phase: 'Running', podIP: '10.0.0.7', hostIP: '10.0.0.1', qosClass: 'Burstable' },
    };
    const reduced = reducedPod(pod);
    expect(JSON.parse(JSON.stringify(reduced))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...METADATA, labels: { a: 'b' } },
      status: { phase: 'Running', podIP: '10.0.0.7' },
    });
  });
});
