import { describe, expect, it } from '@jest/globals';
import { parseServiceAddress, readyEndpoints, type EndpointSlice } from './endpoint-slices.js';

const SERVICE = { namespace: 'speech', service: 'inference', port: 'grpc' };
const aSlice = (fields: Partial<EndpointSlice> = {}): EndpointSlice => ({
  metadata: { name: 'inference-x' },
  addressType: 'IPv4',
  ports: [
    { name: 'grpc', port: 50_061 },
    { name: 'ops', port: 9_090 },
  ],
  endpoints: [{ addresses: ['10.0.0.1'] }],
  ...fields,
});
const addresses = (slices: EndpointSlice[], port = 'grpc') => [
  ...readyEndpoints(slices, { ...SERVICE, port }).keys(),
];

describe('an address of Kubernetes', () => {
  it('names a namespace, a service and a port by number or name', () => {
    expect(parseServiceAddress('k8s:///speech/inference:grpc')).toEqual(SERVICE);
    expect(parseServiceAddress('k8s:///speech/inference:50061')).toEqual({ ...SERVICE, port: '50061' });
    for (const other of ['inference:50061', 'k8s:///inference:1', 'k8s:///a/b', 'k8s://host/a/b:1'])
      expect(parseServiceAddress(other)).toBeUndefined();
  });
});

describe("a service's endpoints", () => {
  it('are those that are ready and do not terminate', () => {
    const endpoints = [
      { addresses: ['10.0.0.1'], conditions: { ready: true, terminating: false } },
      { addresses: ['10.0.0.2'], conditions: { ready: false } },
      // A service that publishes unready addresses says ready of a pod that terminates.
      { addresses: ['10.0.0.3'], conditions: { ready: true, terminating: true } },
      { addresses: ['10.0.0.4'], conditions: {} },
    ];
    expect(addresses([aSlice({ endpoints })])).toEqual(['10.0.0.1:50061', '10.0.0.4:50061']);
  });

  it('come from all slices of the service, once each, with zone, hints and the name of their certificate', () => {
    const endpoints = [
      { addresses: ['10.0.0.1'], zone: 'a', hints: { forZones: [{ name: 'a' }, { name: 'b' }] } },
    ];
    const found = readyEndpoints(
      [
        aSlice({ endpoints }),
        aSlice({ endpoints }),
        aSlice({ addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] }),
        aSlice({ addressType: 'FQDN', endpoints: [{ addresses: ['pod.example'] }] }),
      ],
      SERVICE,
    );
    expect(Object.fromEntries(found)).toEqual({
      '10.0.0.1:50061': { name: 'inference.speech.svc', location: { zone: 'a', hintedZones: ['a', 'b'] } },
      '[fd00::1]:50061': {
        name: 'inference.speech.svc',
        location: { zone: undefined, hintedZones: undefined },
      },
    });
  });

  it('of a revision have the weight that the operator gives it; those of none take no calls', () => {
    const ofRevision = (revision: string, weight: string, ip: string) =>
      aSlice({
        metadata: {
          name: `english-${revision}-x`,
          labels: { 'parlance.dev/revision': revision, 'parlance.dev/weight': weight },
        },
        endpoints: [{ addresses: [ip] }],
      });
    const slices = [
      ofRevision('old', '80', '10.0.0.1'),
      ofRevision('new', '20', '10.0.0.2'),
      ofRevision('starting', '0', '10.0.0.3'),
      ofRevision('unreadable', 'much', '10.0.0.4'),
    ];
    const found = [...readyEndpoints(slices, SERVICE)].map(([address, { share }]) => [address, share]);
    expect(found).toEqual([
      ['10.0.0.1:50061', { name: 'old', weight: 80 }],
      ['10.0.0.2:50061', { name: 'new', weight: 20 }],
    ]);
  });

  it('have the port that the service names, whatever number the pods give it', () => {
    expect(addresses([aSlice()], 'ops')).toEqual(['10.0.0.1:9090']);
    expect(addresses([aSlice()], '50061')).toEqual(['10.0.0.1:50061']);
    expect(addresses([aSlice()], '80')).toEqual([]);
    expect(addresses([aSlice({ ports: [{ name: '', port: 50_061 }] })], '80')).toEqual(['10.0.0.1:50061']);
    expect(addresses([aSlice({ ports: null, endpoints: null })])).toEqual([]);
  });
});
