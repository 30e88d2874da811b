import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { benchContext } from './bench-context.js';
import { keepFinding, LATEST, readAbsences, readRows } from './bench-results.js';
import { committedRows } from './committed-results.js';
import { describeMachine } from './machine.js';
import { ratioLine } from './ratios.js';
import { regressionLine, regressions } from './regression.js';
import { runBench } from './run-bench.js';

/** `npm run bench:all`: every bench in turn, then the table of all, with machine, versions and date, and the regression gate. */
const BENCHES = 'transcribe beam batched shapes words wer memory long live streams latency'.split(' ');

const { root, say } = benchContext();
const machine = await describeMachine(root);
await rm(join(root, 'test/bench/results'), { recursive: true, force: true });
await keepFinding(root, 'surroundings', machine);

const failed: string[] = [];
for (const bench of BENCHES) {
  say(`\nbench:${bench}`);
  const begun = Date.now();
  const code = await runBench(root, bench);
  say(`bench:${bench} took ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  if (code !== 0) failed.push(bench);
}

const tell = (line: string): void => void process.stdout.write(`${line}\n`);
tell(`\n${machine.date}  ${machine.machine}  load ${machine.load.toFixed(2)} as it began`);
for (const version of machine.versions) tell(`  ${version}`);
for (const { peer, reason } of await readAbsences(root)) tell(`not measured: ${peer}: ${reason}`);
for (const bench of failed) tell(`bench:${bench} failed`);
const rows = await readRows(join(root, LATEST));
const found = regressions(await committedRows(root), rows);
for (const regression of found) tell(`regression: ${regressionLine(regression)}`);
for (const row of rows) tell(ratioLine(row));
if (failed.length > 0 || found.length > 0) process.exitCode = 1;
