import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launch, untilReady } from '../../tools/dev/src/launch.js';
import { serviceProcesses, storeProcesses } from '../../tools/dev/src/platform-processes.js';
import { readSettings, type Settings } from '../../tools/dev/src/settings.js';
import { stopPlatform } from '../../tools/dev/src/stop-platform.js';
import { freePort } from '../support/free-port.js';
import { report } from './bench-results.js';
import { openIdle, playLive } from './live-streams.js';
import { eventLoopP99Ms, residentMiB, watchResident } from './process-figures.js';
import { limitRow } from './ratios.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:live`: a platform of its own under live streams: event-loop delay, memory, and what an idle stream costs. */
const STREAMS = 8;
const SECONDS = Number(process.env.PARLANCE_BENCH_SECONDS || 40);
const IDLE_STREAMS = 48;
const LIMITS = { eventLoopMs: 30, inferenceMiB: 700, gatewayMiB: 200, idleStreamMiB: 1 };

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const home = readSettings();
const settings = await ownPlatform(home);
const key = (await readFile(join(home.root, '.cache/dev-key'), 'utf8')).trim();
const shared = join(home.root, process.env.PARLANCE_SHARED || '../shared');
const recording = await speechSample(shared, join(home.cache, 'bench'), 300);
const url = `http://127.0.0.1:${settings.ports.http}`;

try {
  const stores = await Promise.all(
    storeProcesses(settings).map((definition) => launch(definition, settings)),
  );
  await untilReady(stores, settings, say);
  const services = await Promise.all(
    serviceProcesses(settings, key).map((definition) => launch(definition, settings)),
  );
  await untilReady(services, settings, say);
  const pidOf = (name: string): number =>
    services.find(({ definition }) => definition.name === name)?.started.pid ?? NaN;
  const metrics = {
    gateway: `${url}/metrics`,
    inference: `http://127.0.0.1:${settings.ports.inferenceOps}/metrics`,
  };
  const pids = { gateway: pidOf('gateway'), inference: pidOf('inference') };

  say('Warming up, 2 streams for 5 s.');
  await playLive(url, key, recording, 2, 5);
  const before = residentMiB(pids.gateway) + residentMiB(pids.inference);
  const closeIdle = await openIdle(url, key, IDLE_STREAMS);
  await delay(3_000);
  const idleStreamMiB = (residentMiB(pids.gateway) + residentMiB(pids.inference) - before) / IDLE_STREAMS;
  closeIdle();
  await delay(1_000);

  say(`${STREAMS} streams for ${SECONDS} s.`);
  await Promise.all(Object.values(metrics).map(eventLoopP99Ms));
  const watched = { gateway: watchResident(pids.gateway), inference: watchResident(pids.inference) };
  const { finals, hypotheses } = await playLive(url, key, recording, STREAMS, SECONDS);
  const lag = {
    gateway: await eventLoopP99Ms(metrics.gateway),
    inference: await eventLoopP99Ms(metrics.inference),
  };
  const memory = { gateway: watched.gateway.stop(), inference: watched.inference.stop() };
  say(`${hypotheses} hypotheses, ${finals} finals`);
  say(`event-loop delay p99: gateway ${lag.gateway.toFixed(1)} ms, inference ${lag.inference.toFixed(1)} ms`);
  say(
    `resident: gateway ${memory.gateway.toFixed(0)} MiB, inference ${memory.inference.toFixed(0)} MiB; an idle stream ${idleStreamMiB.toFixed(2)} MiB`,
  );
  await report(home.root, [
    limitRow('live-eventloop-gateway', lag.gateway, LIMITS.eventLoopMs),
    limitRow('live-eventloop-inference', lag.inference, LIMITS.eventLoopMs),
    limitRow('live-memory-gateway', memory.gateway, LIMITS.gatewayMiB),
    limitRow('live-memory-inference', memory.inference, LIMITS.inferenceMiB),
    limitRow('live-idle-stream', Math.max(0, idleStreamMiB), LIMITS.idleStreamMiB),
  ]);
} finally {
  await stopPlatform(settings, () => undefined);
}

/** Ports and data of its own, so that a platform that is up is left alone. */
async function ownPlatform(base: Settings): Promise<Settings> {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    PARLANCE_CACHE: join(base.cache, 'bench/live'),
    PARLANCE_MODEL_CACHE: base.compiledModels,
    PARLANCE_MAX_LIVE_STREAMS: String(STREAMS + IDLE_STREAMS),
    PARLANCE_LOG_LEVEL: 'warn',
  };
  const ports = readSettings(environment).ports;
  for (const name of Object.keys(ports) as (keyof typeof ports)[])
    (ports as Record<string, number>)[name] = await freePort();
  return { ...readSettings(environment), ports, ownMongoUri: undefined, ownNatsUrl: undefined };
}
