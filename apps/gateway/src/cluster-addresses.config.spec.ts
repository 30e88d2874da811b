import { describe, expect, it } from '@jest/globals';
import { gatewaySchema } from './gateway.config.js';

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };
const faultsOf = (environment: Readonly<Record<string, string>>) =>
  gatewaySchema
    .safeParse(environment)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe("the gateway's addresses of services in a cluster", () => {
  it('are followed by the service account of its pod', () => {
    const { recognition } = gatewaySchema.parse({
      ...POD,
      PARLANCE_INFERENCE_ADDRESSES: 'k8s:///speech/inference:grpc,10.1.2.3:50061',
      PARLANCE_ZONE: 'eu-west-1a',
    });
    expect(recognition).toMatchObject({
      addresses: ['k8s:///speech/inference:grpc', '10.1.2.3:50061'],
      zone: 'eu-west-1a',
      kubernetes: {
        url: 'https://10.0.0.1:6443',
        serviceAccountFolder: '/var/run/secrets/kubernetes.io/serviceaccount',
      },
    });
  });

  it('are refused where they are misspelt, or where this is no pod', () => {
    expect(faultsOf({ ...POD, PARLANCE_TTS_ADDRESSES: 'k8s://speech/tts:grpc' })).toEqual([
      'PARLANCE_TTS_ADDRESSES: must read k8s:///namespace/service:port',
    ]);
    expect(faultsOf({ PARLANCE_INFERENCE_ADDRESSES: 'k8s:///speech/inference:50061' })).toEqual([
      'PARLANCE_INFERENCE_ADDRESSES: k8s:/// addresses need a pod of Kubernetes (KUBERNETES_SERVICE_HOST)',
    ]);
  });
});
