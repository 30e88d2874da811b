import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What a folder is to hold: contents by paths from it. */
export type FileContents = ReadonlyMap<string, string>;

/** What is written, before it has its name. */
const UNFINISHED = '.unfinished';

/** Every file below a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Makes `folder` hold `contents` while others read it: what differs is written beside its place and renamed into it, what is the same
 *  is not touched, and of the other files those are removed for which `isMade` holds, by their paths from the folder: their sources
 *  are gone. */
export function installFiles(
  folder: string,
  contents: FileContents,
  isMade: (path: string) => boolean,
): void {
  for (const [path, content] of contents) {
    const file = join(folder, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
    mkdirSync(dirname(file), { recursive: true });
    const beside = `${file}.${process.pid}${UNFINISHED}`;
    writeFileSync(beside, content);
    renameSync(beside, file);
  }
  if (!existsSync(folder)) return;
  for (const file of filesBelow(folder)) {
    const path = relative(folder, file);
    if (file.endsWith(UNFINISHED) || (isMade(path) && !contents.has(path))) rmSync(file, { force: true });
  }
}
