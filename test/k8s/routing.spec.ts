/** A gateway that finds its inference pods by the API server; the pods are processes of this machine. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rmSync } from 'node:fs';
import { InferenceProcess } from '../support/inference-process.js';
import { sliceOf, watchedCluster } from '../support/kube-endpoints.js';
import type { Kubebox } from '../support/kubebox.js';
import { ListenClient } from '../support/listen-client.js';
import { Platform } from '../support/platform.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const NAMESPACE = 'speech';
const READY = { ready: true, serving: true, terminating: false };
const TERMINATING = { ready: false, serving: true, terminating: true };

jest.setTimeout(120_000);

describe('a gateway in a cluster', () => {
  let box: Kubebox;
  let folder: string;
  let platform: Platform;
  const pods: InferenceProcess[] = [];
  const clients: ListenClient[] = [];

  const setConditions = (pod: number, conditions: object) => {
    const port = Number(pods[pod]!.address.split(':')[1]);
    return box.apply(
      [sliceOf({ name: `inference-${pod}`, service: 'inference', port, conditions })],
      NAMESPACE,
    );
  };
  const addPod = async (): Promise<number> => {
    pods.push(await InferenceProcess.start({ PARLANCE_GRPC_HOST: '0.0.0.0' }));
    await setConditions(pods.length - 1, READY);
    return pods.length - 1;
  };
  const streamsOf = (pod: number) => pods[pod]!.metric('parlance_inference_active_streams{kind="live"}');
  const openStreams = async (count: number) => {
    const opened = await Promise.all(
      Array.from({ length: count }, () => ListenClient.open(platform.gateway.url)),
    );
    await Promise.all(opened.map((client) => client.next('Metadata')));
    clients.push(...opened);
    return opened;
  };
  const closeStreams = async (opened: readonly ListenClient[]) => {
    for (const client of opened) client.control('CloseStream');
    await Promise.all(opened.map((client) => client.closed));
  };

  beforeAll(async () => {
    ({ box, folder } = await watchedCluster(NAMESPACE));
    await addPod();
    await addPod();
    platform = await Platform.start({
      services: [],
      gateway: {
        PARLANCE_INFERENCE_ADDRESSES: `k8s:///${NAMESPACE}/inference:grpc`,
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: String(box.port),
        PARLANCE_SERVICE_ACCOUNT: folder,
      },
    });
  }, 240_000);
  afterAll(async () => {
    for (const client of clients) client.socket.terminate();
    await platform?.stop();
    await Promise.all(pods.map((pod) => pod.stop()));
    await box?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it("spreads streams over the service's endpoints by its service account's right to watch them", async () => {
    const opened = await openStreams(8);
    const counts = [await streamsOf(0), await streamsOf(1)];
    expect(counts[0]! + counts[1]!).toBe(8);
    // 4 and 4, but for streams that are opened before the ones beside them are known.
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
    await closeStreams(opened);
  });

  it('opens no stream at a pod a second after its endpoint terminates, and leaves those that are open there', async () => {
    const open = await openStreams(4);
    const speech = speechPcm(READ_SPEECH.letter);
    for (const client of open) await client.speak(speech.subarray(0, 64_000), 8);
    const before = await streamsOf(0);
    expect(before).toBeGreaterThan(0);
    await setConditions(0, TERMINATING);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const later = await openStreams(4);
    expect(await streamsOf(0)).toBe(before);
    expect(await streamsOf(1)).toBe(8 - before);
    for (const client of open) await client.speak(speech.subarray(64_000), 8);
    await closeStreams([...open, ...later]);
    for (const client of open) expect(wordsOf(client.text)).toContain('letter');
    await setConditions(0, READY);
  });

  it('opens no stream at a pod a second after it is told to stop, before any endpoint says so', async () => {
    await until(async () => (await openAndCount(0)) > 0, 20_000);
    const ended = pods[0]!.service.end('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const opened = await openStreams(4);
    expect(await streamsOf(1)).toBe(4);
    await closeStreams(opened);
    expect(await ended).toBe(0);
    await box.kubectl(['delete', 'endpointslice', 'inference-0', '-n', NAMESPACE]);
  });

  it('goes on with the pods that it knows while the API server is away, and sees new ones once it is back', async () => {
    await box.down('SIGKILL');
    const opened = await openStreams(2);
    expect(await streamsOf(1)).toBe(2);
    await closeStreams(opened);
    await box.up();
    const added = await addPod();
    await until(async () => (await openAndCount(added)) > 0, 30_000);
  });

  it('refuses by a code that may be tried again when the service has no pod, and serves again when it has', async () => {
    for (const pod of [1, 2]) await setConditions(pod, TERMINATING);
    const fault = await until(
      () =>
        openStreams(1).then(
          () => undefined,
          (error: unknown) => error,
        ),
      20_000,
    );
    expect(String(fault)).toMatch(/503|unavailable/);
    await setConditions(1, READY);
    await until(async () => (await openAndCount(1)) > 0, 20_000);
  });

  /** Opens four streams, and closes them. @returns how many of them a pod had */
  async function openAndCount(pod: number): Promise<number> {
    const before = await streamsOf(pod);
    const opened = await openStreams(4);
    const count = (await streamsOf(pod)) - before;
    await closeStreams(opened);
    return count;
  }
});
