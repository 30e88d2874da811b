import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ratioLine, type RatioRow } from './ratios.js';

const FILE = 'test/bench/results/latest.json';

/** Prints the rows and puts them into the results file, in the place of older rows of the same name and peer. */
export async function report(root: string, rows: readonly RatioRow[]): Promise<void> {
  for (const row of rows) process.stdout.write(`${ratioLine(row)}\n`);
  const file = join(root, FILE);
  const older = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as RatioRow[],
    () => [],
  );
  const kept = older.filter((row) => !rows.some(({ name, peer }) => name === row.name && peer === row.peer));
  await mkdir(join(root, 'test/bench/results'), { recursive: true });
  await writeFile(file, `${JSON.stringify([...kept, ...rows], null, 2)}\n`);
}
