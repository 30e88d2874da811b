import type { SpokenUtterance } from '../../apps/cli/src/bench/spoken-script.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { driveSession } from './live-session-driver.js';
import { liveSpeech } from './live/live-speech.js';
import { SAMPLES_PER_MS, withPause } from './live/stream-samples.js';
import { openRecogniser, ourModels } from './our-recogniser.js';
import { residentMiB } from './process-figures.js';
import { limitRow, medianOf } from './ratios.js';

/** `npm run bench:long`: one live stream of two hours (PARLANCE_BENCH_HOURS), fed as fast as it takes audio: what its memory grows
 *  by between the first and the last ten minutes, and whether its finals come later. */
const MINUTE_MS = 60_000;
const STRETCH_MS = 10 * MINUTE_MS;
/** As long as another person's turn: a third of two hours is silence. */
const PAUSE_MS = 4_000;
const LIMITS = { growthMiB: 20, latencyRatio: 1.2 };

const context = benchContext(1);
const { say } = context;
const lengthMs = Number(process.env.PARLANCE_BENCH_HOURS || 2) * 60 * MINUTE_MS;
const { utterances } = await liveSpeech(context.shared, 120);
const rig = await openRecogniser({ ...(await ourModels(context)), precision: 'int8' });

interface Stretch {
  readonly latencies: number[];
  residentMiB: number;
}
const stretches: Stretch[] = [];
await driveSession(rig, speech(utterances), {
  isEndless: true,
  onFinal: ({ endMs, latencyMs }) => {
    const at = Math.min(Math.floor(endMs / STRETCH_MS), Math.ceil(lengthMs / STRETCH_MS) - 1);
    const stretch = (stretches[at] ??= newStretch(at));
    stretch.latencies.push(latencyMs);
    stretch.residentMiB = Math.max(stretch.residentMiB, residentMiB(process.pid));
  },
});
await rig.runtime.stop();

stretches.forEach(({ latencies, residentMiB: mebibytes }, i) =>
  say(
    `${String(i * 10).padStart(3)} min: ${latencies.length} finals, median ${medianOf(latencies).toFixed(0)} ms, resident ${mebibytes.toFixed(0)} MiB`,
  ),
);
const [first, last] = [stretches[0], stretches.at(-1)];
if (!first || !last || first === last) throw new Error('The stream was too short for two stretches.');
await report(context.root, [
  limitRow('long-memory', Math.max(0, last.residentMiB - first.residentMiB), LIMITS.growthMiB),
  limitRow('long-latency', medianOf(last.latencies) / medianOf(first.latencies), LIMITS.latencyRatio),
]);

function newStretch(index: number): Stretch {
  say(`minute ${index * 10}`);
  return { latencies: [], residentMiB: 0 };
}

function* speech(spoken: readonly SpokenUtterance[]): Generator<Float32Array> {
  for (let [at, i] = [0, 0]; at < lengthMs; i++) {
    const samples = withPause(spoken[i % spoken.length] as SpokenUtterance, PAUSE_MS);
    at += samples.length / SAMPLES_PER_MS;
    yield samples;
  }
}
