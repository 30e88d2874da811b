import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GroqServer } from '../support/groq.js';
import { Platform } from '../support/platform.js';
import { SpanCollector } from '../support/span-collector.js';
import { READ_SPEECH, speechAs } from '../support/speech-samples.js';
import { completeTurn, startTurn } from '../support/turn-client.js';
import { BY_HTTP, missingHops, REPLIED } from '../support/turn-hops.js';
import { until } from '../support/until.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { cpuSeconds } from './process-figures.js';
import { ratioRow, shareRow, type Pair } from './ratios.js';

/** `npm run bench:telemetry`: what traces, metrics and access logs cost recognition, and whether every turn's trace is whole. */
const context = benchContext(12);
const CPU_TARGET = 1.02;
const LATENCY_TARGET = 1.03;
/** Of each platform in each round. */
const RECORDINGS = 12;
const TURNS = Number(process.env.PARLANCE_BENCH_TURNS || 1_000);
const TURNS_AT_ONCE = 4;
const SCRAPE_MS = 5_000;
const ON = { PARLANCE_LOG_LEVEL: 'info' } as const;
/** Without spans, and without a line for each request. */
const OFF = { OTEL_SDK_DISABLED: 'true', PARLANCE_LOG_LEVEL: 'error' } as const;

if (!existsSync('/proc/self/stat'))
  throw new Error('processor time is read from /proc, which this system has not');
await report(context.root, [...(await overhead()), ...(await completeness())]);
process.exit();

/** Two platforms take turns at the same recordings. */
async function overhead() {
  const collector = await SpanCollector.start();
  const recording = new Uint8Array(speechAs(READ_SPEECH.letter, '-f flac'));
  const start = (environment: Readonly<Record<string, string>>) =>
    Platform.start({ services: ['inference'], environment });
  const [on, off] = [
    await start({ ...ON, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }),
    await start(OFF),
  ];
  const scraping = setInterval(() => {
    for (const { opsUrl } of [on.gateway.process, on.service('inference')])
      void fetch(`${opsUrl}/metrics`)
        .then((answer) => answer.arrayBuffer())
        .catch(() => undefined);
  }, SCRAPE_MS);
  /** What some recordings cost a platform: processor time and time of the clock, seconds. */
  const measure = async (platform: Platform) => {
    const pids = [platform.gateway.process.pid, platform.service('inference').pid];
    const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const [before, begun] = [used(), performance.now()];
    for (let sent = 0; sent < RECORDINGS; sent += 1) {
      const form = new FormData();
      form.set('file', new Blob([recording]), 'letter.flac');
      const answer = await platform.gateway.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`a recording was answered with ${answer.status}`);
    }
    const seconds = (performance.now() - begun) / 1_000;
    return { cpu: used() - before, seconds };
  };
  const [cpu, latency]: Pair[][] = [[], []];
  try {
    for (const platform of [on, off]) await measure(platform);
    for (let round = 0; round < context.rounds; round += 1) {
      const order = round % 2 === 0 ? [on, off] : [off, on];
      const found = new Map<Platform, Awaited<ReturnType<typeof measure>>>();
      for (const platform of order) found.set(platform, await measure(platform));
      const [ours, peers] = [found.get(on)!, found.get(off)!];
      cpu!.push({ ours: ours.cpu, peers: peers.cpu });
      latency!.push({ ours: ours.seconds, peers: peers.seconds });
      context.say(
        `round ${round + 1}: ${ours.cpu.toFixed(2)} s of processors against ${peers.cpu.toFixed(2)}, ${ours.seconds.toFixed(2)} s against ${peers.seconds.toFixed(2)}`,
      );
    }
  } finally {
    clearInterval(scraping);
    await Promise.all([on.stop(), off.stop()]);
    await collector.stop();
  }
  return [
    ratioRow('telemetry-cpu', 'without', CPU_TARGET, cpu!),
    ratioRow('telemetry-latency', 'without', LATENCY_TARGET, latency!),
  ];
}

/** Spoken turns over HTTP, some at once, on two processes of each service; in the middle one of each ends as a pod does, by SIGTERM, and later
 *  one of conversation by SIGKILL, as a node that fails. */
async function completeness() {
  const [collector, groq] = [await SpanCollector.start(), await GroqServer.start()];
  const platform = await Platform.start({
    replicas: 2,
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      PARLANCE_LLM_BASE_URL: `${groq.url}/v1`,
      PARLANCE_LLM_MODEL: 'large',
    },
  });
  const hops = [...REPLIED, ...BY_HTTP];
  const completed: string[] = [];
  let [begun, failed] = [0, 0];
  const speakTurns = async (): Promise<void> => {
    while (begun++ < TURNS) {
      try {
        const { status, turn } = await startTurn(platform.gateway, READ_SPEECH.letter);
        if (status >= 300) throw new Error(`answered with ${status}`);
        await completeTurn(platform.gateway, turn.id);
        completed.push(turn.id);
      } catch (error) {
        failed += 1;
        context.say(`a turn failed: ${String(error)}`);
      }
    }
  };
  /** Once so many turns are begun. */
  const after = async (turns: number): Promise<void> => {
    while (begun < turns) await sleep(100);
  };
  const deaths = async (): Promise<void> => {
    for (const [index, name] of (['inference', 'conversation', 'tts'] as const).entries()) {
      await after((TURNS * (index + 2)) / 8);
      await platform.service(name, 1).end('SIGTERM');
      await platform.restart(name, 1);
    }
    await after((TURNS * 6) / 8);
    groq.delayMs = () => 500;
    await sleep(1_000);
    await platform.kill('conversation', 1);
    groq.delayMs = () => 0;
    await platform.restart('conversation', 1);
  };
  try {
    await Promise.all([deaths(), ...Array.from({ length: TURNS_AT_ONCE }, speakTurns)]);
    const torn = (): string[] => completed.filter((turn) => missingHops(collector, turn, hops).length > 0);
    await until(() => torn().length === 0, 15_000).catch(() => undefined);
    for (const turn of torn()) context.say(`${turn} lacks ${missingHops(collector, turn, hops).join(', ')}`);
    const redelivered = collector.spans.filter(
      ({ name, links }) => name.startsWith('process ') && links.length > 0,
    );
    context.say(
      `${completed.length} turns, ${failed} failed, ${torn().length} without a hop; ${redelivered.length} deliveries link to one before; ${collector.spans.length} spans`,
    );
    const whole = (completed.length - torn().length) / TURNS;
    return [shareRow('telemetry-whole-traces', whole, 1)];
  } finally {
    await platform.stop();
    await Promise.all([collector.stop(), groq.stop()]);
  }
}
