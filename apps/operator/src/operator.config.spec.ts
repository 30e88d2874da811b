import { describe, expect, it } from '@jest/globals';
import { loadConfig, type ConfigurationError } from '@parlance/config';
import { operatorSchema } from './operator.config.js';

const REQUIRED = { KUBECONFIG: '/home/ada/.kube/config' };

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(operatorSchema, environment);
    return [];
  } catch (error) {
    return (error as ConfigurationError).faults;
  }
}

describe('the configuration of the operator', () => {
  it('needs nothing but a cluster: a kubeconfig, or to be a pod of one', () => {
    expect(faultsOf({})).toEqual(['KUBECONFIG: is needed outside of a cluster']);
    expect(loadConfig(operatorSchema, REQUIRED)).toMatchObject({
      kubeconfig: '/home/ada/.kube/config',
      election: { namespace: 'default', name: 'parlance-operator', leaseMs: 12_000 },
      watchNamespace: undefined,
      areEventsWritten: true,
      metricsApi: { port: 8443, cert: undefined, key: undefined },
      plan: { images: { cpu: 'parlance/inference-cpu:dev' }, gatewayNamespaces: [] },
    });
    expect(loadConfig(operatorSchema, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }).kubeconfig).toBeUndefined();
  });

  it('has a leader stop before its lease is free', () => {
    const slow = { ...REQUIRED, PARLANCE_OPERATOR_LEASE_MS: '9000' };
    expect(faultsOf(slow)).toEqual([
      expect.stringContaining(
        'PARLANCE_OPERATOR_RENEW_WITHIN_MS: with PARLANCE_OPERATOR_RETRY_MS must be below',
      ),
    ]);
    expect(faultsOf({ ...slow, PARLANCE_OPERATOR_RENEW_WITHIN_MS: '6000' })).toEqual([]);
  });

  it('takes a certificate only with its key', () => {
    expect(faultsOf({ ...REQUIRED, PARLANCE_OPERATOR_TLS_CERT: '/tls/tls.crt' })).toEqual([
      'PARLANCE_OPERATOR_TLS_KEY: goes with PARLANCE_OPERATOR_TLS_CERT',
    ]);
  });

  it('reads namespaces as lists', () => {
    const environment = {
      ...REQUIRED,
      PARLANCE_OPERATOR_GATEWAY_NAMESPACES: 'edge, kiosks',
      PARLANCE_OPERATOR_METRICS_NAMESPACES: 'observability',
    };
    expect(loadConfig(operatorSchema, environment).plan).toMatchObject({
      gatewayNamespaces: ['edge', 'kiosks'],
      metricsNamespaces: ['observability'],
    });
  });
});
