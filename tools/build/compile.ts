/** `npm run compile`: every package to its own `dist`, and the tools and tests to the root's. Types are checked apart (`npm run types`).
 *  Processes may run out of these folders meanwhile, and other compilations may begin: each file is whole at any moment, and those
 *  that stay the same are not touched. Arguments: the repository's root, where it is another one. */
import { transform } from '@swc/core';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { workspacePackages } from '../dev/structure/workspace.ts';
import { withBuildLock } from './build-lock.ts';
import { filesBelow, installFiles, type FileContents } from './installed-files.ts';

/** Node runs these as they are, without compilation. */
const RUN_AS_THEY_ARE = ['tools/build/', 'tools/dev/structure/'];

/** The folders that are compiled into one `dist`. */
interface CompiledFolder {
  readonly dist: string;
  /** What the paths of the compiled files are relative to. */
  readonly base: string;
  readonly sources: readonly string[];
}

const root = process.argv[2] ?? join(import.meta.dirname, '../..');

function compiledFolders(): CompiledFolder[] {
  // A page is built by Vite (page.ts).
  const packages = workspacePackages(root)
    .map(({ folder }) => join(root, folder))
    .filter((folder) => !existsSync(join(folder, 'vite.config.ts')));
  return [
    // An image is built without the tests.
    { dist: join(root, 'dist'), base: root, sources: [join(root, 'tools'), join(root, 'test')] },
    ...packages.map((folder) => {
      const base = join(folder, 'src');
      return { dist: join(folder, 'dist'), base, sources: [base] };
    }),
  ];
}

const isCompiled = (file: string): boolean =>
  /\.ts$/.test(file) &&
  !/\.(spec|d)\.ts$/.test(file) &&
  !RUN_AS_THEY_ARE.some((folder) => relative(root, file).startsWith(folder));

/** @throws Error of swc, which names the file and the line */
async function compiled(file: string, { dist, base }: CompiledFolder): Promise<FileContents> {
  const path = relative(base, file).replace(/\.ts$/, '.js');
  const { code, map } = await transform(readFileSync(file, 'utf8'), {
    filename: file,
    cwd: root,
    configFile: join(root, '.swcrc'),
    sourceFileName: relative(dirname(join(dist, path)), file),
  });
  if (map === undefined) return new Map([[path, code]]);
  const comment = `\n//# sourceMappingURL=${path.slice(path.lastIndexOf('/') + 1)}.map`;
  return new Map([
    [path, code + comment],
    [`${path}.map`, map],
  ]);
}

async function compile(): Promise<void> {
  const outcomes = await Promise.allSettled(
    compiledFolders().map(async (folder) => {
      const files = folder.sources
        .filter((source) => existsSync(source))
        .flatMap((source) => filesBelow(source));
      const outputs = await Promise.allSettled(
        files.filter(isCompiled).map((file) => compiled(file, folder)),
      );
      const faults = outputs.flatMap((output) =>
        output.status === 'rejected' ? [output.reason as Error] : [],
      );
      if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n'));
      const made = outputs.flatMap((output) => (output.status === 'fulfilled' ? [...output.value] : []));
      return { dist: folder.dist, contents: new Map(made) };
    }),
  );
  const faults = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as Error] : [],
  );
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n'));
  for (const outcome of outcomes)
    if (outcome.status === 'fulfilled')
      installFiles(outcome.value.dist, outcome.value.contents, (path) => /\.js(\.map)?$/.test(path));
}

await withBuildLock(root, compile).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
