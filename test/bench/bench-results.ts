import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Absence } from './contest/contest.js';
import { ratioLine, type RatioRow } from './ratios.js';

const FOLDER = 'test/bench/results';
export const LATEST = `${FOLDER}/latest.json`;
const ABSENCES = `${FOLDER}/absences.json`;

/** Prints the rows and puts them into the results file, in the place of older rows of the same name. */
export async function report(root: string, rows: readonly RatioRow[]): Promise<void> {
  const older = await readRows(join(root, LATEST));
  const kept = older.filter((row) => !rows.some(({ name }) => name === row.name));
  await write(root, LATEST, [...kept, ...rows]);
  for (const row of rows) process.stdout.write(`${ratioLine(row)}\n`);
}

/** Says which peers could not be measured, and keeps it for the table of all benches. */
export async function noteAbsences(root: string, absences: readonly Absence[]): Promise<void> {
  const older = await readAbsences(root);
  const kept = older.filter(({ peer }) => !absences.some((absence) => absence.peer === peer));
  await write(root, ABSENCES, [...kept, ...absences]);
  for (const { peer, reason } of absences) process.stdout.write(`not measured: ${peer}: ${reason}\n`);
}

/** @returns none where the file is not there */
export async function readRows(file: string): Promise<RatioRow[]> {
  return ((await readJson(file)) as RatioRow[] | undefined) ?? [];
}

export async function readAbsences(root: string): Promise<Absence[]> {
  return ((await readJson(join(root, ABSENCES))) as Absence[] | undefined) ?? [];
}

/** Anything else a later bench wants to know, such as how many streams were held. */
export async function keepFinding(root: string, name: string, finding: object): Promise<void> {
  await write(root, `${FOLDER}/${name}.json`, finding);
}

/** @returns undefined where no bench has found it yet */
export async function findingOf(root: string, name: string): Promise<unknown> {
  return readJson(join(root, FOLDER, `${name}.json`));
}

async function write(root: string, file: string, value: object): Promise<void> {
  await mkdir(join(root, FOLDER), { recursive: true });
  await writeFile(join(root, file), `${JSON.stringify(value, null, 2)}\n`);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}
