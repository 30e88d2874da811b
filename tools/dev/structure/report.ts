/** `npm run structure:report`: how the repository is built, in figures, with a limit for most. Exits with 1 where one is broken.
 *  `--words FILE` also writes every name with a dropped word to FILE, the most frequent first. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countByName, droppedWords } from './dropped-words.ts';
import { duplicateExports } from './exported-names.ts';
import {
  median,
  packageSizes,
  SMALL_FILE_LINES,
  SMALL_FILES_LIMIT_PERCENT,
  smallFilesPercent,
} from './file-sizes.ts';
import { imageSizes, megabytes } from './image-sizes.ts';
import { packageArrows, readImports } from './imports.ts';
import { upwardArrows, packageCycles } from './layers.ts';
import { layers, workspacePackages } from './workspace.ts';

const LISTED_OFFENDERS = 10;

const { values: options } = parseArgs({ options: { words: { type: 'string' } } });
const broken: string[] = [];

function heading(text: string): void {
  console.log(`\n${text}`);
}

/** Prints a figure that is to be 0, with the first of what makes it more. */
function expectNone(label: string, offenders: readonly string[]): void {
  console.log(`${label}: ${offenders.length} (limit 0)`);
  for (const offender of offenders.slice(0, LISTED_OFFENDERS)) console.log(`  ${offender}`);
  if (offenders.length > LISTED_OFFENDERS) console.log(`  … and ${offenders.length - LISTED_OFFENDERS} more`);
  if (offenders.length > 0) broken.push(label);
}

const packages = workspacePackages();
const files = packages.flatMap((entry) => entry.files);

heading('Files and their lines (production, without generated ones)');
const sizes = packages.map((entry) => packageSizes(entry));
for (const { folder, lines, smallFiles } of sizes)
  console.log(
    `  ${folder.padEnd(22)}${String(lines.length).padStart(4)} files, median ${String(median(lines)).padStart(4)} lines, ` +
      `${smallFiles.length} under ${SMALL_FILE_LINES}`,
  );
const small = sizes.flatMap(({ smallFiles }) => smallFiles);
const smallPercent = smallFilesPercent(sizes);
console.log(`  ${files.length} files in all, median ${median(sizes.flatMap(({ lines }) => lines))} lines`);
console.log(
  `files under ${SMALL_FILE_LINES} lines: ${small.length} (${smallPercent.toFixed(1)} %; limit ${SMALL_FILES_LIMIT_PERCENT} %)`,
);
if (smallPercent >= SMALL_FILES_LIMIT_PERCENT) broken.push(`files under ${SMALL_FILE_LINES} lines`);

heading('Names');
const duplicates = [...duplicateExports(files)].map(([name, where]) => `${name}: ${where.join(', ')}`);
expectNone('names exported by two files', duplicates);
const words = await droppedWords(files);
const inNames = countByName(words.filter(({ kind }) => kind !== 'docs'));
expectNone(
  'names with a dropped word',
  inNames.map(([name, count]) => `${name} (${count})`),
);
const inDocs = countByName(words.filter(({ kind }) => kind === 'docs'));
expectNone(
  'dropped words in doc comments',
  inDocs.map(([word, count]) => `${word} (${count})`),
);
if (options.words) writeFileSync(options.words, wordList());

heading('Imports');
const graph = await readImports();
const arrows = packageArrows(graph);
const isCircle = ({ rule }: { rule: string }): boolean => rule === 'no-circular';
const sayViolation = ({ rule, from, to }: (typeof graph.violations)[number]): string =>
  `${rule}: ${from} → ${to}`;
expectNone('circular imports of files', graph.violations.filter(isCircle).map(sayViolation));
expectNone('circular imports of packages', packageCycles(arrows));
expectNone('arrows against the order of layers', upwardArrows(arrows, layers()));
expectNone(
  'imports that another rule forbids',
  graph.violations.filter((violation) => !isCircle(violation)).map(sayViolation),
);

heading("Images' installed production files");
for (const { service, bytes, packages: installed, forbidden } of imageSizes()) {
  console.log(`  ${service.padEnd(14)}${megabytes(bytes).padStart(10)}, ${installed.length} packages`);
  if (forbidden.length > 0) broken.push(`${service} holds ${forbidden.join(', ')}`);
}

console.log(broken.length === 0 ? '\nEvery limit holds.' : `\nBroken limits:\n  ${broken.join('\n  ')}`);
if (broken.length > 0) process.exitCode = 1;

function wordList(): string {
  const line = (among: typeof words, [name, count]: [string, number]): string => {
    const found = among.filter((one) => one.name === name);
    const where = [...new Set(found.map(({ file, line }) => `${file}:${line}`))];
    return `${String(count).padStart(4)}  ${name}  [${found[0]?.word}]  ${where.slice(0, 4).join(' ')}`;
  };
  const list = (isWanted: (kind: string) => boolean): string[] => {
    const among = words.filter(({ kind }) => isWanted(kind));
    return countByName(among).map((entry) => line(among, entry));
  };
  const names = list((kind) => kind !== 'docs');
  const docs = list((kind) => kind === 'docs');
  return ['# Names', ...names, '', '# Doc comments', ...docs, ''].join('\n');
}
