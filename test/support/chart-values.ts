import { readdirSync } from 'node:fs';

/** Overlays of the chart `parlance`, such as `kind.yaml`; those of `parlance-models` are named after it. */
export const OVERLAYS = readdirSync('helm').filter(
  (name) => name.endsWith('.yaml') && !name.startsWith('models-'),
);

/** Everything that can be switched on, at once. */
export const EVERYTHING = {
  operator: { enabled: true },
  nats: { enabled: true, replicas: 3 },
  mongodb: { enabled: true },
  s3: { enabled: true, publicEndpoint: 'https://recordings.example.org' },
  services: { telegram: { enabled: true } },
  tls: { secretName: 'public-tls', caKey: 'ca.crt' },
  mutualTls: { secretName: 'inner-tls' },
  certificates: { enabled: true, issuerRef: { name: 'corporate' }, dnsNames: ['speech.example.org'] },
  privateCa: { secretName: 'corporate-ca' },
  telemetry: { otlpEndpoint: 'http://collector.monitoring:4318' },
  monitoring: { podMonitor: { enabled: true }, alerts: { enabled: true }, dashboards: { enabled: true } },
  ingress: {
    enabled: true,
    hosts: ['speech.example.org'],
    grpcHosts: ['grpc.example.org'],
    tlsSecretName: 'edge-tls',
  },
  gatewayApi: { enabled: true, parentRefs: [{ name: 'public' }], hostnames: ['speech.example.org'] },
  networkPolicy: { gatewayFrom: [{ namespaceSelector: { matchLabels: { role: 'edge' } } }] },
};
