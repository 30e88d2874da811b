import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { CHART } from '../support/charts.js';
import type { Container, Pod } from '../support/kube-objects.js';
import { Kubebox } from '../support/kubebox.js';
import { LocalCluster } from '../support/local-cluster.js';
import { DocumentStoreServer } from '../support/mongo.js';

const LIMIT_MS = 600_000;
const NAMESPACE = 'speech';
const KEY = 'pk_of_the_test';

/** The containers of the installed pods, started here with their own commands, variables and probes. */
describe('helm test', () => {
  let box: Kubebox;
  let documents: DocumentStoreServer;
  let cluster: LocalCluster;
  const stops = new Map<string, () => Promise<{ status: number | null; output: string }>>();

  beforeAll(async () => {
    [box, documents] = await Promise.all([Kubebox.start(), DocumentStoreServer.start()]);
    await box.createNamespace(NAMESPACE);
    const data = {
      PARLANCE_API_KEYS: `acme:${createHash('sha256').update(KEY).digest('hex')}`,
      PARLANCE_TEST_API_KEY: KEY,
    };
    await box.apply(
      [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'parlance' }, stringData: data }],
      NAMESPACE,
    );
    // The names of Services stand for addresses here, as the cluster's DNS has them; there are no endpoints to watch.
    const args = ['--set', 'routing.endpointSlices=false', '--wait', '--timeout', '240s'];
    await box.helm(['install', 'voice', CHART, '-n', NAMESPACE, '-f', 'helm/kind.yaml', ...args]);
    const { data: mongodb } = (await box.get<{ data: { uri: string } }>(
      `/api/v1/namespaces/${NAMESPACE}/secrets/voice-mongodb`,
    ))!;
    const uri = Buffer.from(mongodb.uri, 'base64').toString();
    cluster = new LocalCluster(box, NAMESPACE, { [uri]: documents.uri('parlance') });
    for (const component of ['nats', 'inference', 'tts', 'gateway']) cluster.addressOf(`voice-${component}`);
  }, LIMIT_MS);

  afterAll(async () => {
    await cluster?.stop();
    await Promise.all([box?.stop(), documents?.stop()]);
  }, 60_000);

  it(
    'finds services that start with the variables and files of their pods, and become ready by their probes',
    async () => {
      for (const component of ['nats', 'inference', 'tts', 'conversation', 'gateway']) {
        const pod = await cluster.pod(component);
        // Containers of initialisation wait for models, which are here.
        for (const first of pod.spec.initContainers ?? [])
          expect(await cluster.run(pod, first)).toEqual({ status: 0, output: '' });
        const address = cluster.addressOf(`voice-${component}`);
        stops.set(component, await cluster.start(pod, pod.spec.containers[0]!, address));
      }
      expect(stops.size).toBe(5);
    },
    LIMIT_MS,
  );

  it(
    'sends a recording, and its transcript is what is said in it',
    async () => {
      await box.helm(['test', 'voice', '-n', NAMESPACE]);
      const [pod] = await box.list<Pod>(
        `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app.kubernetes.io/component=test`,
      );
      const { status, output } = await cluster.run(pod!, pod!.spec.containers[0]!);
      expect(output).toMatch(/transcript: .*Italy.*Gothic letter/i);
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'fails and says why for a key that the platform does not know',
    async () => {
      const wrong = { data: { PARLANCE_TEST_API_KEY: Buffer.from('pk_unknown').toString('base64') } };
      const path = `/api/v1/namespaces/${NAMESPACE}/secrets/parlance`;
      await box.request('PATCH', path, wrong, 'application/merge-patch+json');
      const pod = await cluster.pod('test');
      const { status, output } = await cluster.run(pod, pod.spec.containers[0]!);
      expect(status).toBe(1);
      expect(output).toContain('answered 401');
    },
    LIMIT_MS,
  );

  it(
    'leaves pods that drain and end with 0 within their grace when they are stopped',
    async () => {
      for (const component of ['gateway', 'conversation', 'tts', 'inference']) {
        const { spec } = await cluster.pod(component);
        const begun = Date.now();
        const { status } = await stops.get(component)!();
        expect({ component, status }).toEqual({ component, status: 0 });
        const { lifecycle } = spec.containers[0] as Container & {
          lifecycle: { preStop: { sleep: { seconds: number } } };
        };
        const graceMs = (spec.terminationGracePeriodSeconds! - lifecycle.preStop.sleep.seconds) * 1000;
        expect(Date.now() - begun).toBeLessThan(graceMs);
      }
    },
    LIMIT_MS,
  );
});
