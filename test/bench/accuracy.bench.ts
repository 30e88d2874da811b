import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAudio } from '../support/recognition-rig.js';
import { MODEL_ENVIRONMENT, MODEL_FOLDERS } from '../support/models.js';
import { plainWords, wordErrors } from '../support/word-errors.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { openRecogniser, type OurRecogniser } from './our-recogniser.js';
import { limitRow, shareRow, type RatioRow } from './ratios.js';
import { readUtterances, type ReadUtterance } from './speech-sample.js';

/** `npm run bench:accuracy`: word error rates of the published checkpoints over ../shared/data/native-read with the options that a
 *  request has by default, recording by recording and joined into files of one to five minutes; and how many synthetic sentences in
 *  how many languages are identified. PARLANCE_BENCH_RECORDINGS takes the first ones only. */
const MODELS = ['whisper-tiny.en', 'whisper-base'];
const PRECISIONS = ['f32', 'int8'] as const;
const FILE_MINUTES = [1, 2, 3, 4, 5];
const GAP_SECONDS = 0.5;
const RATE_HZ = 16_000;
const LIMITS = { longPoints: 0.5, identified: 0.9 };

const context = benchContext(1);
const { say, settings } = context;
const read = (await readUtterances(context.shared)).slice(
  0,
  Number(settings.environment.PARLANCE_BENCH_RECORDINGS || 310),
);
const recordings = await Promise.all(
  read.map(async (one) => ({ ...one, samples: await loadAudio(one.file) })),
);
type Recording = (typeof recordings)[number];
const files = joinedFiles(recordings);

const rows: RatioRow[] = [];
for (const model of MODELS) {
  for (const precision of PRECISIONS) {
    const rig = await openRecogniser({
      compiled: MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE,
      name: model,
      precision,
      threads: context.threads,
      modelFolders: MODEL_FOLDERS,
    });
    try {
      const single = await errorRate(
        rig,
        recordings.map((one) => [one]),
      );
      const long = await errorRate(rig, files);
      say(
        `${model} ${precision}: ${single.toFixed(2)} % of words wrong in ${recordings.length} recordings, ${long.toFixed(2)} % in ${files.length} files of ${FILE_MINUTES[0]} to ${FILE_MINUTES.at(-1)} minutes`,
      );
      rows.push(limitRow(`wer-long-${model}-${precision}`, Math.max(0, long - single), LIMITS.longPoints));
      if (model === 'whisper-base') rows.push(await identification(rig, precision));
    } finally {
      await rig.runtime.stop();
    }
  }
}
await report(context.root, rows);

/** Recordings one after another until a file is long enough, the lengths in turn. */
function joinedFiles(all: readonly Recording[]): Recording[][] {
  const whole: Recording[][] = [];
  let [open, seconds]: [Recording[], number] = [[], 0];
  for (const recording of all) {
    open.push(recording);
    seconds += recording.seconds + GAP_SECONDS;
    if (seconds < 60 * FILE_MINUTES[whole.length % FILE_MINUTES.length]!) continue;
    whole.push(open);
    [open, seconds] = [[], 0];
  }
  return open.length > 0 ? [...whole, open] : whole;
}

/** Percent of all words. */
async function errorRate(rig: OurRecogniser, groups: readonly (readonly Recording[])[]): Promise<number> {
  let [errors, words] = [0, 0];
  for (const group of groups) {
    const reference = group.flatMap(({ text }: ReadUtterance) => plainWords(text));
    errors += wordErrors(
      reference,
      plainWords(await transcript(rig, joined(group.map(({ samples }) => samples)))),
    );
    words += reference.length;
  }
  return (100 * errors) / words;
}

async function transcript({ recognizer }: OurRecogniser, samples: Int16Array): Promise<string> {
  const transcription = recognizer.transcribe('', samples, { language: 'en' });
  for await (const _segment of transcription) continue;
  return (await transcription.summary).text;
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const gap = parts.length > 1 ? GAP_SECONDS * RATE_HZ : 0;
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length + gap, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length + gap;
  }
  return whole;
}

async function identification({ recognizer }: OurRecogniser, precision: string): Promise<RatioRow> {
  const folder = join(context.root, 'test/fixtures/speech');
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    recordings: readonly { readonly file: string; readonly language: string; readonly voice: string }[];
  };
  const synthetic = manifest.recordings.filter(({ voice }) => voice !== 'LJ Speech');
  const wrong: string[] = [];
  for (const { file, language } of synthetic) {
    const transcription = recognizer.transcribe('', await loadAudio(join(folder, file)));
    for await (const _segment of transcription) continue;
    const found = (await transcription.summary).language;
    if (found !== language) wrong.push(`${file}: ${found}`);
  }
  const languages = new Set(synthetic.map(({ language }) => language)).size;
  const identified = synthetic.length - wrong.length;
  say(
    `whisper-base ${precision}: ${identified} of ${synthetic.length} sentences in ${languages} languages identified${wrong.length > 0 ? `; not: ${wrong.join(', ')}` : ''}`,
  );
  return shareRow(`identified-${precision}`, identified / synthetic.length, LIMITS.identified);
}
