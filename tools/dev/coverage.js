/**
 * Prints how many lines of libs and apps the tests reach (`--packages`: of each), and fails below the floor. Adds up what V8 counted in the
 * workers of the unit tests and in the services that suites of `platform` started (`.cache/coverage`): a process that was ended by
 * SIGKILL has told nothing, so it is a lower bound. `--missed FILE` also writes the files with the most lines that are not reached.
 */
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { mergeScriptCovs } from '@bcoe/v8-coverage';
import { createTransformer } from '@swc/jest';
import v8ToIstanbul from 'v8-to-istanbul';

/** What was seen to hold; 85 % are wanted. */
const FLOOR_PERCENT = 85;
const root = join(import.meta.dirname, '../..');
const { values: options, positionals } = parseArgs({
  options: { missed: { type: 'string' }, packages: { type: 'boolean' } },
  allowPositionals: true,
});
const folder = positionals[0] ?? join(root, '.cache/coverage');
const OURS = /\/(apps|libs)\/[^/]+\/(src|dist)\/.*\.(ts|js)$/u;
/** The page's code runs in a browser, which counts nothing here. */
const PRODUCTION =
  /^(apps|libs)\/(?!studio\/)[^/]+\/src\/(?!generated\/|.*\/generated\/|main\.ts$|.*\.(spec|d)\.ts$).*\.ts$/u;
const swc = createTransformer();

/** What was counted of each script, by its file. */
const counted = new Map();
const processes = existsSync(folder)
  ? readdirSync(folder).filter((name) => name.startsWith('coverage-'))
  : [];
for (const name of processes)
  for (const script of JSON.parse(readFileSync(join(folder, name), 'utf8')).result) {
    if (!OURS.test(script.url)) continue;
    const file = script.url.startsWith('file:') ? fileURLToPath(script.url) : script.url;
    counted.set(file, [...(counted.get(file) ?? []), script]);
  }

/** Which lines of each source were reached in any process, from 0; the others hold code that was not. */
const reached = new Map();
for (const [file, scripts] of counted) {
  const isSource = file.endsWith('.ts');
  if (!existsSync(isSource ? file : `${file}.map`)) continue;
  const converter = v8ToIstanbul(file, 0, isSource ? compiled(file) : undefined);
  await converter.load();
  converter.applyCoverage(mergeScriptCovs(scripts).functions);
  for (const [path, { s }] of Object.entries(converter.toIstanbul())) {
    const source = relative(root, path);
    if (!PRODUCTION.test(source)) continue;
    const lines = reached.get(source) ?? Object.keys(s).map(() => false);
    for (const [line, times] of Object.entries(s)) if (times > 0) lines[line] = true;
    reached.set(source, lines);
  }
  converter.destroy();
}

/** As jest's workers run it. */
function compiled(file) {
  const originalSource = readFileSync(file, 'utf8');
  const { code, map } = swc.process(originalSource, file, { supportsStaticESM: true });
  return {
    source: code,
    originalSource,
    sourceMap: { sourcemap: { ...JSON.parse(map), sources: [pathToFileURL(file).href] } },
  };
}

// Files that no process has loaded, but those that hold nothing but types.
for (const source of globSync('{apps,libs}/*/src/**/*.ts', { cwd: root })) {
  if (reached.has(source) || !PRODUCTION.test(source)) continue;
  const { originalSource, source: code } = compiled(join(root, source));
  if (code.replace(/export \{\s*\};?|\/\*[^]*?\*\/|\/\/.*$/gm, '').trim() === '') continue;
  reached.set(
    source,
    originalSource
      .trimEnd()
      .split('\n')
      .map(() => false),
  );
}

const packages = Map.groupBy(reached, ([source]) => source.split('/').slice(0, 2).join('/'));
const percentOf = (files) => {
  const lines = files.flatMap(([, known]) => known);
  return [(100 * lines.filter(Boolean).length) / Math.max(1, lines.length), lines.length];
};
if (options.packages)
  for (const [name, files] of [...packages].sort(([a], [b]) => a.localeCompare(b))) {
    const [percent, lines] = percentOf(files);
    console.log(`${name.padEnd(24)} ${percent.toFixed(1).padStart(5)} % of ${lines} lines`);
  }
if (options.missed) {
  const missed = [...reached].map(([source, lines]) => [
    source,
    lines.filter((is) => !is).length,
    lines.length,
  ]);
  const text = missed
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one)
    .map(
      ([source, count, lines]) => `${String(count).padStart(5)} of ${String(lines).padStart(4)}  ${source}`,
    );
  writeFileSync(options.missed, `${text.join('\n')}\n`);
}
const [percent] = percentOf([...reached]);
console.log(
  `Lines reached: at least ${percent.toFixed(1)} % (floor ${FLOOR_PERCENT} %), by ${processes.length} counts of processes.`,
);
process.exitCode = percent >= FLOOR_PERCENT ? 0 : 1;
