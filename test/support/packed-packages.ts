import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface LockEntry {
  /** Of workspaces. */
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}
type Lock = Readonly<Record<string, LockEntry>>;

/**
 * Packs a workspace package and the workspace packages it depends on, and installs them in a folder as npm would from a
 * registry: third-party packages in the versions of this repository's lock file, from npm's cache where it has them.
 * Needs a build (dist/).
 * @param folder empty, outside the repository
 */
export async function installPacked(name: string, folder: string): Promise<void> {
  const lock = await readLock();
  const folders = foldersOf(lock, name);
  const own = folders.filter(isOwn);
  await run('npm', ['pack', '--pack-destination', folder, ...own.map((location) => `./${location}`)]);
  const packages: Record<string, LockEntry> = {};
  const dependencies: Record<string, string> = {};
  for (const location of folders) {
    const entry = isOwn(location) ? await packedEntry(lock[location]!, folder) : lock[location]!;
    packages[installedFolder(lock, location)] = entry;
    if (isOwn(location)) dependencies[lock[location]!.name!] = entry.resolved!;
  }
  const root = { name: 'fresh', version: '1.0.0', private: true, type: 'module', dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(root));
  const file = { ...root, lockfileVersion: 3, requires: true, packages: { '': root, ...packages } };
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(file));
  await run('npm', ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
}

async function readLock(): Promise<Lock> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as { readonly packages: Lock };
  return lock.packages;
}

/** Keys in the lock file of a workspace package and everything it needs. */
function foldersOf(lock: Lock, name: string): string[] {
  const found = new Set<string>();
  const visit = (location: string): void => {
    if (found.has(location)) return;
    found.add(location);
    const { dependencies = {} } = lock[location]!;
    for (const dependency of Object.keys(dependencies)) visit(folderOf(lock, location, dependency));
  };
  visit(folderOf(lock, '', name));
  return [...found];
}

/** Where Node would find it: as near as it lies. Links to workspaces are followed. */
function folderOf(lock: Lock, from: string, name: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const location = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const entry = lock[location];
    if (entry) return entry.link === true ? entry.resolved! : location;
    if (folder === '') throw new Error(`${name} is not in package-lock.json`);
  }
}

/** A workspace package itself, nothing inside it. */
function isOwn(location: string): boolean {
  return /^(libs|apps)\/[^/]+$/.test(location);
}

function installedFolder(lock: Lock, location: string): string {
  return location.replace(/^(libs|apps)\/[^/]+/, (own) => `node_modules/${lock[own]!.name}`);
}

async function packedEntry(
  { name = '', version, dependencies }: LockEntry,
  folder: string,
): Promise<LockEntry> {
  const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  const digest = createHash('sha512')
    .update(await readFile(join(folder, file)))
    .digest('base64');
  return { version, resolved: `file:${file}`, integrity: `sha512-${digest}`, dependencies };
}
