import { setTimeout as delay } from 'node:timers/promises';
import { benchContext } from './bench-context.js';
import { BenchPlatform } from './bench-platform.js';
import { report } from './bench-results.js';
import { openIdle, playLive } from './live-streams.js';
import { eventLoopP99Ms, residentMiB, watchResident } from './process-figures.js';
import { limitRow } from './ratios.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:live`: a platform of its own under live streams: event-loop delay, memory, and what an idle stream costs. */
const STREAMS = 8;
const SECONDS = 40;
const IDLE_STREAMS = 48;
const LIMITS = { eventLoopMs: 30, inferenceMiB: 700, gatewayMiB: 200, idleStreamMiB: 1 };

const context = benchContext();
const { say } = context;
const recording = await speechSample(context.shared, context.cache, 300);
const platform = await BenchPlatform.start(context, {
  PARLANCE_MAX_LIVE_STREAMS: String(STREAMS + IDLE_STREAMS),
});
const { url, key } = platform;

try {
  const metrics = { gateway: platform.metricsUrl('gateway'), inference: platform.metricsUrl('inference') };
  const pids = { gateway: platform.pidOf('gateway'), inference: platform.pidOf('inference') };

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
  const { finals, interims } = await playLive(url, key, recording, STREAMS, SECONDS);
  const lag = {
    gateway: await eventLoopP99Ms(metrics.gateway),
    inference: await eventLoopP99Ms(metrics.inference),
  };
  const memory = { gateway: watched.gateway.stop(), inference: watched.inference.stop() };
  say(`${interims} interims, ${finals} finals`);
  say(`event-loop delay p99: gateway ${lag.gateway.toFixed(1)} ms, inference ${lag.inference.toFixed(1)} ms`);
  say(
    `resident: gateway ${memory.gateway.toFixed(0)} MiB, inference ${memory.inference.toFixed(0)} MiB; an idle stream ${idleStreamMiB.toFixed(2)} MiB`,
  );
  await report(context.root, [
    limitRow('live-eventloop-gateway', lag.gateway, LIMITS.eventLoopMs),
    limitRow('live-eventloop-inference', lag.inference, LIMITS.eventLoopMs),
    limitRow('live-memory-gateway', memory.gateway, LIMITS.gatewayMiB),
    limitRow('live-memory-inference', memory.inference, LIMITS.inferenceMiB),
    limitRow('live-idle-stream', Math.max(0, idleStreamMiB), LIMITS.idleStreamMiB),
  ]);
} finally {
  await platform.stop();
}
