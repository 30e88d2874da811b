/** Clients that follow a service's endpoints at a real API server; its pods are gRPC servers in this process. */
import { loadPackageDefinition, Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rmSync } from 'node:fs';
import type { SpeechClient } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';
import { GrpcClientPool, HealthStatus, loadProtocols, serviceClient } from '@parlance/rpc';
import type { Kubebox } from '../support/kubebox.js';
import { ownAddress, sliceOf, watchedCluster } from '../support/kube-endpoints.js';
import { until } from '../support/until.js';

const NAMESPACE = 'speech';
const SERVICE = 'inference';
const READY = { ready: true, serving: true, terminating: false };
const TERMINATING = { ready: false, serving: true, terminating: true };

jest.setTimeout(60_000);

const packages = loadPackageDefinition(loadProtocols(['voice', 'health']));

/** Answers with its port. */
async function startPod(): Promise<{ port: number; stop(): void }> {
  const server = new Server();
  const health = new HealthStatus();
  health.set('', true);
  let port = 0;
  server.addService(serviceClient(packages, 'health').service, health.implementation());
  server.addService(serviceClient(packages, 'voice').service, {
    Recognize: (_: unknown, answer: sendUnaryData<object>) => answer(null, { text: String(port) }),
  });
  port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('0.0.0.0:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { port, stop: () => server.forceShutdown() };
}

describe("a pool that follows a service's endpoints", () => {
  let box: Kubebox;
  let folder: string;
  let pool: GrpcClientPool<SpeechClient>;
  const pods: { port: number; stop(): void }[] = [];

  const setConditions = (pod: number, conditions: object) =>
    box.apply(
      [sliceOf({ name: `pod-${pod}`, service: SERVICE, port: pods[pod]!.port, conditions })],
      NAMESPACE,
    );
  const addPod = async () => {
    pods.push(await startPod());
    await setConditions(pods.length - 1, READY);
    return String(pods.at(-1)!.port);
  };
  const call = () =>
    pool
      .call<{ text: string }>((client, answer) => client.recognize({}, answer), AbortSignal.timeout(5_000))
      .then(
        ({ text }) => text,
        (error: AppError) => error.code,
      );
  const answering = async () => new Set(await Promise.all(Array.from({ length: 30 }, call)));

  beforeAll(async () => {
    ({ box, folder } = await watchedCluster(NAMESPACE));
    await addPod();
    await addPod();
    pool = new GrpcClientPool<SpeechClient>('voice', {
      addresses: [`k8s:///${NAMESPACE}/${SERVICE}:grpc`],
      kubernetes: { url: box.url, serviceAccountFolder: folder },
      // Only the API server tells here.
      checkEveryMs: 3_600_000,
    });
  }, 180_000);
  afterAll(async () => {
    pool?.close();
    for (const pod of pods) pod.stop();
    await box?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('calls all that are ready, by the right of a service account to list and watch them', async () => {
    expect(await answering()).toEqual(new Set(pods.map(({ port }) => String(port))));
  });

  it('calls one that terminates no more within a second, and one that is ready again', async () => {
    const [, staying] = pods.map(({ port }) => String(port));
    await setConditions(0, TERMINATING);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await answering()).toEqual(new Set([staying]));
    await setConditions(0, READY);
    await until(async () => (await answering()).size === 2, 5_000);
  });

  it("moves a model's calls from one revision to the other as the operator writes their weights", async () => {
    const model = 'english';
    const labels = { 'parlance.dev/model': model };
    const [old, fresh] = [await startPod(), await startPod()];
    const slice = (
      service: string,
      { port }: { port: number },
      more: Readonly<Record<string, string>> = {},
    ) => sliceOf({ name: service, service, port, conditions: READY, labels: { ...labels, ...more } });
    const weigh = (weight: number) =>
      box.apply(
        [
          slice(model, old),
          ...(
            [
              ['old', old, 100 - weight],
              ['new', fresh, weight],
            ] as const
          ).map(([revision, pod, share]) =>
            slice(`${model}-${revision}`, pod, {
              'parlance.dev/revision': revision,
              'parlance.dev/weight': String(share),
            }),
          ),
        ],
        NAMESPACE,
      );
    await weigh(0);
    const models = new GrpcClientPool<SpeechClient>('voice', {
      addresses: [`k8s:///${NAMESPACE}/${model}:grpc`],
      kubernetes: { url: box.url, serviceAccountFolder: folder },
      checkEveryMs: 3_600_000,
    });
    /** Of 400 calls, those that the new revision answered. */
    const answeredByNew = async () => {
      let count = 0;
      for (let round = 0; round < 20; round++) {
        const calls = Array.from({ length: 20 }, () =>
          models.call<{ text: string }>(
            (client, answer) => client.recognize({}, answer),
            AbortSignal.timeout(5_000),
          ),
        );
        for (const { text } of await Promise.all(calls)) if (text === String(fresh.port)) count += 1;
      }
      return count;
    };
    try {
      expect(await answeredByNew()).toBe(0);
      for (const weight of [20, 60, 100]) {
        await weigh(weight);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        // Within five standard deviations of the share.
        const spread = 5 * Math.sqrt((400 * weight * (100 - weight)) / 10_000);
        expect(Math.abs((await answeredByNew()) - 4 * weight)).toBeLessThanOrEqual(spread);
      }
      await weigh(0);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await answeredByNew()).toBe(0);
    } finally {
      models.close();
      old.stop();
      fresh.stop();
    }
  });

  it('goes on with those it knows while the API server is away, and sees what has changed once it is back', async () => {
    await box.down('SIGKILL');
    expect((await answering()).size).toBe(2);
    await box.up();
    await setConditions(0, TERMINATING);
    const added = await addPod();
    await until(async () => {
      const found = await answering();
      return found.has(added) && !found.has(String(pods[0]!.port));
    }, 30_000);
  });

  it('refuses calls by a code that may be tried again where no endpoint is ready', async () => {
    for (const pod of pods.keys()) await setConditions(pod, TERMINATING);
    await until(async () => (await call()) === 'upstream.unavailable', 5_000);
    await setConditions(1, READY);
    await until(async () => (await call()) === String(pods[1]!.port), 5_000);
    expect(ownAddress()).not.toMatch(/^127\./);
  });
});
