import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT, type WorkspacePackage } from './workspace.ts';

/** Below this a file is small. */
export const SMALL_FILE_LINES = 30;
/** Less than this share of all files may be small. */
export const SMALL_FILES_LIMIT_PERCENT = 5;

/** What a package's files are like. */
export interface PackageSizes {
  readonly folder: string;
  /** Of each file. */
  readonly lines: readonly number[];
  /** Files under SMALL_FILE_LINES lines, without the entry points index.ts, main.ts and main.tsx. */
  readonly smallFiles: readonly string[];
}

export function packageSizes({ folder, files }: WorkspacePackage, root = ROOT): PackageSizes {
  const measured = files.map((file) => ({ file, lines: linesOf(readFileSync(join(root, file), 'utf8')) }));
  return {
    folder,
    lines: measured.map(({ lines }) => lines),
    smallFiles: measured
      .filter(
        ({ file, lines }) =>
          lines < SMALL_FILE_LINES && !['index.ts', 'main.ts', 'main.tsx'].includes(basename(file)),
      )
      .map(({ file }) => file),
  };
}

/** How many files of a hundred are small. */
export function smallFilesPercent(sizes: readonly PackageSizes[]): number {
  const files = sizes.reduce((sum, { lines }) => sum + lines.length, 0);
  const small = sizes.reduce((sum, { smallFiles }) => sum + smallFiles.length, 0);
  return (100 * small) / Math.max(1, files);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : Math.round((sorted[middle - 1]! + sorted[middle]!) / 2);
}

function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
