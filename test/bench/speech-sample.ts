import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Joins read speech of ../shared/data/native-read to one 16 kHz mono WAV of at least `seconds`, cut there; made once.
 *  @returns its path */
export async function speechSample(shared: string, folder: string, seconds: number): Promise<string> {
  const target = join(folder, `speech-${seconds}s.wav`);
  if (existsSync(target)) return target;
  const data = join(shared, 'data/native-read');
  const rows = (await readFile(join(data, 'manifest.tsv'), 'utf8')).trim().split('\n').slice(1);
  // Every seventh recording: many readers, and none twice.
  const files: string[] = [];
  let total = 0;
  for (let i = 0; i < rows.length && total < seconds + 1; i += 7) {
    const [id = '', , length = '0'] = (rows[i] ?? '').split('\t');
    files.push(join(data, 'audio', `${id}.opus`));
    total += Number(length);
  }
  if (total < seconds) throw new Error(`There is less than ${seconds} s of read speech in ../shared.`);
  await mkdir(folder, { recursive: true });
  const list = join(folder, 'speech.txt');
  await writeFile(list, files.map((file) => `file '${file}'\n`).join(''));
  const made = `${target}.part`;
  const args = [
    '-v',
    'error',
    '-y',
    '-f',
    'concat',
    '-safe',
    '0',
    '-i',
    list,
    '-t',
    String(seconds),
    '-ar',
    '16000',
    '-ac',
    '1',
    '-c:a',
    'pcm_s16le',
    '-f',
    'wav',
    made,
  ];
  await promisify(execFile)('ffmpeg', args);
  await rename(made, target);
  return target;
}
