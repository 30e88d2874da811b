import { join } from 'node:path';
import { readSettings } from '../../tools/dev/src/settings.js';
import { report } from './bench-results.js';
import { measure, type MeasuredRun } from './measured-run.js';
import { peerModels, peerPython } from './peers/peer-environment.js';
import { medianOf, ratioRow } from './ratios.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:transcribe`: five minutes of read speech, ours against openai-whisper and faster-whisper on the same checkpoint
 *  and as many threads; each run a fresh process with its model warm, all three in turn, so that other load meets all alike. */
const SECONDS = Number(process.env.PARLANCE_BENCH_SECONDS || 300);
const ROUNDS = Number(process.env.PARLANCE_BENCH_ROUNDS || 3);
const THREADS = process.env.PARLANCE_BENCH_THREADS || '2';
const PEERS = ['openai', 'faster-whisper'] as const;
const TARGET = 1.0;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const settings = readSettings();
const shared = join(settings.root, process.env.PARLANCE_SHARED || '../shared');
const recording = await speechSample(shared, join(settings.cache, 'bench'), SECONDS);
const python = await peerPython(settings.root, say);
const folder = await peerModels(settings.root, python, join(shared, 'models/whisper-tiny.en'), say);

const node = join(settings.root, 'node_modules/.bin/node');
const programs: Record<string, readonly [string, ...string[]]> = {
  ours: [node, join(settings.root, 'dist/test/bench/transcribe-ours.js'), recording, 'int8', THREADS],
};
for (const peer of PEERS) {
  programs[peer] = [
    python,
    join(settings.root, 'test/bench/peers/transcribe.py'),
    peer,
    folder,
    recording,
    THREADS,
  ];
}

const runs: Record<string, MeasuredRun[]> = {};
for (let round = 1; round <= ROUNDS; round++) {
  for (const [name, [command, ...args]] of Object.entries(programs)) {
    const run = await measure(command, args);
    (runs[name] ??= []).push(run);
    say(
      `round ${round}  ${name.padEnd(15)} ${run.wallSeconds.toFixed(1)} s, CPU ${run.cpuSeconds.toFixed(1)} s, real-time factor ${(run.wallSeconds / SECONDS).toFixed(4)}, ${run.text.split(/\s+/).length} words`,
    );
  }
}

const figures = { 'transcribe-rtf': 'wallSeconds', 'transcribe-cpu': 'cpuSeconds' } as const;
const rows = Object.entries(figures).map(([name, figure]) => {
  const of = (program: string): number[] => (runs[program] ?? []).map((run) => run[figure]);
  // The better of the two by its median, then run against run.
  const peer = PEERS.reduce((best, other) => (medianOf(of(other)) < medianOf(of(best)) ? other : best));
  const peers = of(peer);
  return ratioRow(
    name,
    peer,
    TARGET,
    of('ours').map((ours, i) => ({ ours, peers: peers[i] ?? NaN })),
  );
});
await report(settings.root, rows);
