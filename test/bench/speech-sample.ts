import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A recording of ../shared/data/native-read and what it says. */
export interface ReadUtterance {
  readonly id: string;
  readonly file: string;
  readonly seconds: number;
  /** Upper case, without punctuation. */
  readonly text: string;
}

/** Every seventh recording, round and round until each was there once: many readers near one another. */
export async function readUtterances(shared: string): Promise<ReadUtterance[]> {
  const data = join(shared, 'data/native-read');
  const rows = (await readFile(join(data, 'manifest.tsv'), 'utf8')).trim().split('\n').slice(1);
  const utterances = rows.map((row) => {
    const [id = '', , length = '0', text = ''] = row.split('\t');
    return { id, file: join(data, 'audio', `${id}.opus`), seconds: Number(length), text };
  });
  return [0, 1, 2, 3, 4, 5, 6].flatMap((first) => utterances.filter((_, i) => i % 7 === first));
}

/** Joins read speech to one 16 kHz mono WAV of `seconds`, cut there; made once. @returns its path */
export async function speechSample(shared: string, folder: string, seconds: number): Promise<string> {
  const target = join(folder, `speech-${seconds}s.wav`);
  if (existsSync(target)) return target;
  const taken: ReadUtterance[] = [];
  let total = 0;
  for (const utterance of await readUtterances(shared)) {
    if (total > seconds) break;
    taken.push(utterance);
    total += utterance.seconds;
  }
  if (total < seconds) throw new Error(`There is less than ${seconds} s of read speech in ../shared.`);
  await mkdir(folder, { recursive: true });
  const list = join(folder, 'speech.txt');
  await writeFile(list, taken.map(({ file }) => `file '${file}'\n`).join(''));
  await convert(['-f', 'concat', '-safe', '0', '-i', list, '-t', String(seconds)], target);
  return target;
}

/** Recordings of 5 to 25 s as 16 kHz mono WAVs of their own; made once. @returns their paths */
export async function utteranceFiles(shared: string, folder: string, count: number): Promise<string[]> {
  const utterances = (await readUtterances(shared)).filter(({ seconds }) => seconds >= 5 && seconds <= 25);
  const own = join(folder, 'utterances');
  await mkdir(own, { recursive: true });
  const targets: string[] = [];
  for (const { id, file } of utterances.slice(0, count)) {
    const target = join(own, `${id}.wav`);
    if (!existsSync(target)) await convert(['-i', file], target);
    targets.push(target);
  }
  return targets;
}

async function convert(input: readonly string[], target: string): Promise<void> {
  const form = ['-ar', '16000', '-ac', '1', '-c:a', 'pcm_s16le', '-f', 'wav'];
  await run('ffmpeg', ['-v', 'error', '-y', ...input, ...form, `${target}.part`]);
  await rename(`${target}.part`, target);
}
