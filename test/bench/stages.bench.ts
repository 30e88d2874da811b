import { performance } from 'node:perf_hooks';
import { type Stage, STAGES } from '@parlance/onnx';
import type { TranscribeOptions } from '@parlance/whisper';
import { benchContext } from './bench-context.js';
import { ourModels, openRecogniser } from './our-recogniser.js';
import { speechSample } from './speech-sample.js';
import { readWav } from './wav-file.js';

/** `npm run bench:stages`: where the time of a transcription goes, stage by stage, for 30 s of read speech. Prints a table. */
const SECONDS = 120;
const WINDOW_SECONDS = 30;
const GREEDY: TranscribeOptions = { language: 'en', withoutFallback: true, conditionOnPreviousText: false };
const CASES: Readonly<Record<string, TranscribeOptions>> = {
  greedy: GREEDY,
  'greedy, word times': { ...GREEDY, wordTimestamps: true },
  'beam 5': { ...GREEDY, decoding: { beamSize: 5 } },
  'greedy, 8 at once': { ...GREEDY, batchSize: 8, decoding: { withoutTimestamps: true } },
};

const context = benchContext();
const models = await ourModels(context);
const samples = readWav(await speechSample(context.shared, context.cache, SECONDS));
print('', 'wall', ...STAGES.filter(isComputed), 'rest');
for (const precision of ['int8', 'f32'] as const) {
  const spent = new Map<Stage, number>();
  const { recognizer, runtime } = await openRecogniser({ ...models, precision }, ({ stages }) => {
    for (const stage of STAGES) spent.set(stage, (spent.get(stage) ?? 0) + (stages[stage] ?? 0));
  });
  const transcribe = async (options: TranscribeOptions): Promise<number> => {
    const begun = performance.now();
    for await (const _segment of recognizer.transcribe(models.name, samples, options)) continue;
    return performance.now() - begun;
  };
  for (const [name, options] of Object.entries(CASES)) {
    await transcribe(options);
    spent.clear();
    const wall = await transcribe(options);
    const stages = STAGES.filter(isComputed).map((stage) => spent.get(stage) ?? 0);
    const rest = wall - stages.reduce((sum, ms) => sum + ms, 0);
    const figures = [wall, ...stages, rest].map((ms) => ((ms * WINDOW_SECONDS) / SECONDS).toFixed(1));
    print(`${precision} ${name}`, ...figures);
  }
  await runtime.stop();
}

function isComputed(stage: Stage): boolean {
  return stage !== 'queue' && stage !== 'infer';
}

/** A row: milliseconds for 30 s of sound. */
function print(name: string, ...figures: readonly string[]): void {
  process.stdout.write(`${name.padEnd(26)}${figures.map((figure) => figure.padStart(9)).join('')}\n`);
}
