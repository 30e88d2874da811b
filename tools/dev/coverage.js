/**
 * Prints which lines of libs and apps the tests reached, package by package, and fails below the floor. Adds up what jest saw in its
 * own process (`.cache/coverage/{unit,platform,alone}`) and what the services that the tests started wrote when they ended (V8's
 * own format, `.cache/coverage/processes`). A service that was killed with SIGKILL writes nothing.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeProcessCovs } from '@bcoe/v8-coverage';
import istanbul from 'istanbul-lib-coverage';
import v8ToIstanbul from 'v8-to-istanbul';

const FLOOR_PERCENT = 85;
const root = join(import.meta.dirname, '../..');
const folder = process.argv[2] ?? join(root, '.cache/coverage');
const compiled = /\/(apps|libs)\/[^/]+\/dist\/.*\.js$/u;
const counted = /^(apps|libs)\/[^/]+\/src\/(?!generated\/)(?!.*\/generated\/).*\.ts$/u;

const coverage = istanbul.createCoverageMap();
for (const project of ['unit', 'platform', 'alone']) {
  const file = join(folder, project, 'coverage-final.json');
  if (existsSync(file)) coverage.merge(JSON.parse(readFileSync(file, 'utf8')));
}

/** The scripts of one process that are ours. */
const scriptsOf = (file) => ({
  result: JSON.parse(readFileSync(file, 'utf8')).result.filter(({ url }) => compiled.test(url)),
});
const processes = join(folder, 'processes');
const files = existsSync(processes)
  ? readdirSync(processes).filter((name) => name.startsWith('coverage-'))
  : [];
const { result } = files.reduce(
  (merged, name) => mergeProcessCovs([merged, scriptsOf(join(processes, name))]),
  { result: [] },
);
for (const { url, functions } of result) {
  const script = fileURLToPath(url);
  if (!existsSync(`${script}.map`)) continue;
  const converter = v8ToIstanbul(script);
  await converter.load();
  converter.applyCoverage(functions);
  coverage.merge(converter.toIstanbul());
}

const packages = new Map();
const total = istanbul.createCoverageSummary();
for (const file of coverage.files()) {
  const path = relative(root, file);
  if (!counted.test(path)) continue;
  const name = path.split('/').slice(0, 2).join('/');
  if (!packages.has(name)) packages.set(name, istanbul.createCoverageSummary());
  const summary = coverage.fileCoverageFor(file).toSummary();
  packages.get(name).merge(summary);
  total.merge(summary);
}
for (const [name, summary] of [...packages].sort(([a], [b]) => a.localeCompare(b)))
  console.log(
    `${name.padEnd(24)} ${summary.lines.pct.toFixed(1).padStart(5)} % of ${summary.lines.total} lines`,
  );
console.log(
  `Lines reached: ${process.env.COVERAGE === 'bound' ? 'at least ' : ''}${total.lines.pct.toFixed(1)} % (floor ${FLOOR_PERCENT} %), ${files.length} processes counted.`,
);
process.exitCode = total.lines.pct >= FLOOR_PERCENT ? 0 : 1;
