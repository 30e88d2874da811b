import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A package of the workspace. */
export interface WorkspacePackage {
  /** Without the scope: `gateway`. */
  readonly name: string;
  /** From the root: `apps/gateway`. */
  readonly folder: string;
  /** Its TypeScript files that ship, from the root, sorted: no specs, nothing generated. */
  readonly files: readonly string[];
}

/** Every folder of apps/ and libs/ that has a package.json, sorted by folder. */
export function workspacePackages(root = ROOT): WorkspacePackage[] {
  return ['apps', 'libs']
    .flatMap((parent) =>
      readdirSync(join(root, parent)).map((name) => ({ name, folder: `${parent}/${name}` })),
    )
    .filter(({ folder }) => existsSync(join(root, folder, 'package.json')))
    .map(({ name, folder }) => ({ name, folder, files: productionFiles(root, join(folder, 'src')) }))
    .sort((a, b) => a.folder.localeCompare(b.folder));
}

/** The name of the package that a file of apps/ or libs/ belongs to. */
export function packageOf(file: string): string | undefined {
  return /^(?:apps|libs)\/([^/]+)\//.exec(file)?.[1];
}

/** The layers of packages, the topmost first, by names without the scope. */
export function layers(): readonly (readonly string[])[] {
  const file = readFileSync(join(import.meta.dirname, 'layers.json'), 'utf8');
  return (JSON.parse(file) as { layers: string[][] }).layers;
}

function productionFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.(spec|d)\.ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('/generated/'))
    .sort();
}
