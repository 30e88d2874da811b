import { loadPackageDefinition, Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SpeechClient } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { metricsRegistry } from '@parlance/telemetry';
import { until } from '../../../test/support/until.js';
import { GrpcClientPool, type GrpcClientPoolOptions } from './client-pool.js';
import { HealthStatus } from './health-status.js';
import { CAPACITY_KEY, LOAD_KEY } from './peer.js';
import { grpcStatusOf } from './server-calls.js';
import { loadProtocols, serviceClient } from './server-options.js';

const packages = loadPackageDefinition(loadProtocols(['voice', 'health']));

/** A pod that counts its calls, answers them as it is told, and says how full it is. */
class Pod {
  calls = 0;
  load = 0;
  fault: AppError | undefined;
  readonly health = new HealthStatus((metadata) => {
    metadata.set(LOAD_KEY, this.load.toFixed(3));
    metadata.add(CAPACITY_KEY, 'tiny=10');
    return metadata;
  });
  private readonly server = new Server();
  address = '';

  static async start(): Promise<Pod> {
    const pod = new Pod();
    pod.health.set('', true);
    pod.server.addService(serviceClient(packages, 'health').service, pod.health.implementation());
    pod.server.addService(serviceClient(packages, 'voice').service, {
      Recognize: (_: unknown, answer: sendUnaryData<object>) => {
        pod.calls += 1;
        if (pod.fault) answer(grpcStatusOf(pod.fault));
        else answer(null, { text: pod.address });
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      pod.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    pod.address = `127.0.0.1:${port}`;
    return pod;
  }

  stop(): void {
    this.server.forceShutdown();
  }
}

describe('a pool of pods', () => {
  let pods: Pod[] = [];
  let pool: GrpcClientPool<SpeechClient> | undefined;
  afterEach(() => {
    pool?.close();
    for (const pod of pods) pod.stop();
  });

  const start = async (count: number, options: Partial<GrpcClientPoolOptions> = {}) => {
    pods = await Promise.all(Array.from({ length: count }, () => Pod.start()));
    pool = new GrpcClientPool<SpeechClient>('voice', {
      addresses: pods.map(({ address }) => address),
      ...options,
    });
    return pods as [Pod, Pod];
  };
  const call = () =>
    pool!
      .call<{ text: string }>((client, answer) => client.recognize({}, answer), new AbortController().signal)
      .then(
        ({ text }) => text,
        (error: AppError) => error.code,
      );
  const callAtOnce = (count: number) => Promise.all(Array.from({ length: count }, call));
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it('asks every pod where all are to be asked, and fails with the one that fails', async () => {
    const [one, other] = await start(2);
    const askAll = () =>
      pool!.callAll<{ text: string }>(
        (client, answer) => client.recognize({}, answer),
        new AbortController().signal,
      );
    const answers = await askAll();
    expect(answers.map(({ text }) => text).sort()).toEqual([one.address, other.address].sort());
    other.fault = new AppError('model.not_found', 'There is no such model.');
    await expect(askAll()).rejects.toMatchObject({ code: 'model.not_found' });
  });

  it('sends nothing new within a second to one that says that it drains, and uses it again when it serves', async () => {
    const [leaving, staying] = await start(2);
    await callAtOnce(40);
    expect(leaving.calls).toBeGreaterThan(5);
    leaving.health.set('', false);
    await wait(1_000);
    const before = leaving.calls;
    expect(await callAtOnce(40)).toEqual(Array(40).fill(staying.address));
    expect(leaving.calls).toBe(before);
    leaving.health.set('', true);
    await until(async () => {
      await callAtOnce(40);
      return leaving.calls > before;
    });
  });

  it('sends nothing more to one that refuses a call because it drains, before any check', async () => {
    const [leaving, staying] = await start(2, { checkEveryMs: 3_600_000 });
    leaving.fault = new AppError('service.draining', 'This server is shutting down.');
    await callAtOnce(20);
    const before = leaving.calls;
    expect(before).toBeGreaterThan(0);
    expect(await callAtOnce(20)).toEqual(Array(20).fill(staying.address));
  });

  it('follows the load that pods report, which other gateways make too', async () => {
    const [busy, idle] = await start(2);
    busy.load = 0.9;
    await wait(1_100);
    // Two draws of the same pod take it in any case: a quarter of the calls, of few by chance half of them.
    for (let round = 0; round < 8; round += 1) await callAtOnce(8);
    expect(idle.calls).toBeGreaterThan(busy.calls);
  });

  it('has calls wait for a pod where there is none, tells how many do, and lets go who leaves', async () => {
    await start(1);
    const options = { addresses: ['nowhere.invalid:1'], resolveEveryMs: 3_600_000, waitForPeerMs: 400 };
    const none = new GrpcClientPool<SpeechClient>('voice', options);
    const waiting = () =>
      metricsRegistry
        .getSingleMetricAsString('parlance_rpc_waiting_calls')
        .then((text) => Number(text.trim().split(' ').at(-1)));
    const left = new AbortController();
    const picks = [none.pick(), none.pick(left.signal)].map((pick) =>
      pick.catch((error: AppError) => error.code),
    );
    await wait(200);
    expect(await waiting()).toBe(2);
    left.abort();
    expect(await picks[1]).toBe('request.cancelled');
    expect(await picks[0]).toBe('upstream.unavailable');
    expect(await waiting()).toBe(0);
    none.close();
  });

  it('leaves one alone that fails call after call, and tries it again later', async () => {
    const [faulty, sound] = await start(2, { checkEveryMs: 3_600_000 });
    faulty.fault = new AppError('internal.unexpected', 'Something broke.');
    while (faulty.calls < 5) await call();
    expect(await callAtOnce(20)).toEqual(Array(20).fill(sound.address));
    faulty.fault = undefined;
    await wait(5_100);
    await callAtOnce(40);
    expect(faulty.calls).toBeGreaterThan(5);
  }, 15_000);
});
