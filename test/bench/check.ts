import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchContext } from './bench-context.js';
import { LATEST, readRows } from './bench-results.js';
import { COMMITTED, committedRows } from './committed-results.js';
import { regressionLine, regressions, TOLERANCE } from './regression.js';

/** `npm run bench:check`: the latest results against the committed ones; `-- --accept` commits to the latest. */
const { root, say } = benchContext();
if (process.argv.includes('--accept')) {
  await copyFile(join(root, LATEST), join(root, COMMITTED));
  say(`${COMMITTED} is now the latest result; commit it.`);
} else {
  const committed = await committedRows(root);
  const found = regressions(committed, await readRows(join(root, LATEST)));
  for (const regression of found) process.stdout.write(`regression: ${regressionLine(regression)}\n`);
  process.stdout.write(
    `${committed.length - found.length} of ${committed.length} ratios are no worse than the committed ones by more than ${TOLERANCE * 100} %\n`,
  );
  if (found.length > 0) process.exitCode = 1;
}
