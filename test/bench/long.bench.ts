import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { driveSession } from './live-session-driver.js';
import { liveSpeech } from './live/live-speech.js';
import { SAMPLES_PER_MS, withPause } from './live/stream-samples.js';
import { openRecogniser, ourModels } from './our-recogniser.js';
import { residentMiB } from './process-figures.js';
import { limitRow, medianOf } from './ratios.js';

/** `npm run bench:long`: one live stream of an hour (PARLANCE_BENCH_HOURS), pushed as fast as it is processed: what its memory grows
 *  by between the first and the last ten minutes, and whether its finals come later. A shared machine is a fifth slower one minute than
 *  another: latencies are taken in units of what the recogniser needs meanwhile for one utterance that is always the same. */
const MINUTE_MS = 60_000;
const STRETCH_MS = 10 * MINUTE_MS;
/** As long as another person's turn: a third of the stream is silence. */
const PAUSE_MS = 4_000;
const LIMITS = { growthMiB: 20, latencyRatio: 1.2 };

const context = benchContext(1);
const { say } = context;
const lengthMs = Number(process.env.PARLANCE_BENCH_HOURS || 1) * 60 * MINUTE_MS;
const lastStretch = Math.ceil(lengthMs / STRETCH_MS) - 1;
const { utterances } = await liveSpeech(context.shared, 120);
// All of it beforehand: what the bench leaves behind as it goes would count as the stream's.
const spoken = utterances.map((utterance) => withPause(utterance, PAUSE_MS));
const rig = await openRecogniser({ ...(await ourModels(context)), precision: 'int8' });

interface Stretch {
  readonly latencies: number[];
  /** What the utterance took that is always the same, in the first stretch and the last. */
  readonly paces: number[];
  residentMiB: number;
}
const stretches: Stretch[] = [];
await driveSession(rig, speech(), {
  isEndless: true,
  onFinal: ({ endMs, latencyMs }) => {
    const stretch = stretchAt(endMs);
    stretch.latencies.push(latencyMs);
    stretch.residentMiB = Math.max(stretch.residentMiB, residentMiB(process.pid));
  },
});
await rig.runtime.stop();

stretches.forEach(({ latencies, paces, residentMiB: mebibytes }, i) => {
  const pace = paces.length > 0 ? `, pace ${medianOf(paces).toFixed(0)} ms` : '';
  const latency = `${latencies.length} finals, median ${medianOf(latencies).toFixed(0)} ms${pace}`;
  say(`${String(i * 10).padStart(3)} min: ${latency}, resident ${mebibytes.toFixed(0)} MiB`);
});
const [first, last] = [stretches[0], stretches.at(-1)];
if (!first || !last || first === last) throw new Error('The stream was too short for two stretches.');
await report(context.root, [
  limitRow('long-memory', Math.max(0, last.residentMiB - first.residentMiB), LIMITS.growthMiB),
  limitRow('long-latency', latencyIn(last) / latencyIn(first), LIMITS.latencyRatio),
]);

/** In units of the pace. */
function latencyIn({ latencies, paces }: Stretch): number {
  return medianOf(latencies) / medianOf(paces);
}

function stretchAt(ms: number): Stretch {
  const index = Math.min(Math.floor(ms / STRETCH_MS), lastStretch);
  return (stretches[index] ??= newStretch(index));
}

function newStretch(index: number): Stretch {
  say(`minute ${index * 10}`);
  return { latencies: [], paces: [], residentMiB: 0 };
}

async function* speech(): AsyncGenerator<Float32Array> {
  for (let [at, i] = [0, 0]; at < lengthMs; i++) {
    const samples = spoken[i % spoken.length] as Float32Array;
    if (at < STRETCH_MS || at >= lastStretch * STRETCH_MS) stretchAt(at).paces.push(await paceMs());
    at += samples.length / SAMPLES_PER_MS;
    yield samples;
  }
}

/** Milliseconds of the utterance that is always the same, once the stream's last final is out. */
async function paceMs(): Promise<number> {
  while (!rig.utterances.isIdle) await delay(5);
  const begun = performance.now();
  await rig.utterances.recognizeUtterance('', spoken[0] as Float32Array, { kind: 'final' });
  return performance.now() - begun;
}
