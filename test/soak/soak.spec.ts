/** Thousands of malformed requests at every public API, from a fixed seed. README.md says how to run more, and one alone. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { API_KEY, Platform, type ServiceName } from '../support/platform.js';
import { ListenClient } from '../support/listen-client.js';
import { NO_MODELS } from '../support/models.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import { soak } from './soak-run.js';

const COUNT = Number(process.env.PARLANCE_SOAK_REQUESTS ?? 500);
const SEED = Number(process.env.PARLANCE_SOAK_SEED ?? 20_261);
/** The number of one request that is to be sent alone. */
const ONLY = process.env.PARLANCE_SOAK_ONLY;
/** Of another seed, before memory is looked at. */
const WARM_UP = { seed: SEED + 1, count: Math.max(500, Math.min(2_000, COUNT / 2)) };
const CONCURRENCY = 8;
/** Requests that one tenant may have open at once. */
const SLOTS = 12;
const MOST_GROWTH = 1.1;
/** What is kept shows in memory only where garbage is collected soon, and freed memory goes back to the system. */
const TIDY = {
  NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=128',
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
};
const SERVICES: readonly ServiceName[] = ['inference', 'conversation', 'tts'];

jest.setTimeout(Math.max(600_000, COUNT * 1_000));

describe('a soak of malformed requests', () => {
  let platform: Platform;
  let faults: string[];
  let pidsBefore: readonly number[];
  let memoryBefore: ReadonlyMap<string, number>;

  const processes = (): [string, ServiceProcess][] => [
    ['gateway', platform.gateway.process],
    ...SERVICES.map((name): [string, ServiceProcess] => [name, platform.service(name)]),
  ];

  beforeAll(async () => {
    platform = await Platform.start({
      gateway: { ...TIDY, PARLANCE_TENANT_CONCURRENCY: String(SLOTS), PARLANCE_LISTEN_IDLE_MS: '5000' },
      inference: { PARLANCE_MAX_LIVE_STREAMS: String(2 * SLOTS), PARLANCE_STREAM_IDLE_MS: '5000' },
      // espeak-ng speaks at once.
      tts: { ...TIDY, ...NO_MODELS },
    });
    pidsBefore = processes().map(([, { pid }]) => pid);
    const run = (seed: number, indices: readonly number[]): Promise<string[]> =>
      soak({
        targets: {
          url: platform.gateway.url,
          gatewayGrpc: platform.gateway.grpcAddress,
          inferenceGrpc: platform.grpcAddressOf('inference'),
          key: API_KEY,
        },
        seed,
        indices,
        concurrency: CONCURRENCY,
        endedProcess: () => {
          const ended = processes().find(([, { hasEnded }]) => hasEnded);
          return ended && `${ended[0]} ${ended[1].errors.slice(-2_000)}`;
        },
      });
    const warmUp = ONLY === undefined ? await run(WARM_UP.seed, [...Array(WARM_UP.count).keys()]) : [];
    memoryBefore = await memory();
    const indices = ONLY === undefined ? [...Array(COUNT).keys()] : [Number(ONLY)];
    faults = [...warmUp, ...(await run(SEED, indices))];
  });
  afterAll(() => platform?.stop());

  it('is answered without a stack, without an uncoded fault and without silence', () => {
    expect(faults).toEqual([]);
  });

  it('leaves every slot free a second later', async () => {
    const open = async (): Promise<number[]> => [
      await platform.service('inference').metric('parlance_inference_active_streams{kind="live"}'),
      await platform.service('inference').metric('parlance_inference_active_streams{kind="recording"}'),
      await platform.gateway.metric('parlance_gateway_listen_sockets'),
      await platform.gateway.metric('parlance_gateway_recognitions'),
    ];
    await until(async () => (await open()).every((count) => !(count > 0)), 1_000);
    const clients = await Promise.all(
      Array.from({ length: SLOTS }, () => ListenClient.open(platform.gateway.url)),
    );
    await Promise.all(clients.map((client) => client.next('Metadata')));
    for (const client of clients) {
      expect(client.of('Error')).toEqual([]);
      client.control('CloseStream');
    }
    await Promise.all(clients.map(({ closed }) => closed));
  });

  it('ends no process', () => {
    expect(processes().map(([, { pid, hasEnded }]) => [pid, hasEnded])).toEqual(
      pidsBefore.map((pid) => [pid, false]),
    );
  });

  it('leaves memory as it was', async () => {
    const grown = async (): Promise<string[]> =>
      [...(await memory())]
        .filter(([name, bytes]) => bytes > MOST_GROWTH * (memoryBefore.get(name) ?? 0))
        .map(([name, bytes]) => `${name}: ${memoryBefore.get(name)} → ${bytes}`);
    // Garbage is collected when there is time for it.
    await until(async () => (await grown()).length === 0, 30_000).catch(() => undefined);
    expect(await grown()).toEqual([]);
  });

  async function memory(): Promise<Map<string, number>> {
    const resident = processes().map(
      async ([name, service]) =>
        [name, await service.metric('process_resident_memory_bytes')] as [string, number],
    );
    return new Map(await Promise.all(resident));
  }
});
