import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isNeeded } from '../../images/needed.ts';
import { ROOT } from './workspace.ts';

export const SERVICES = ['gateway', 'inference', 'conversation', 'tts', 'telegram', 'operator'] as const;

/** Packages that an image must not hold. */
export const FORBIDDEN: Readonly<Partial<Record<(typeof SERVICES)[number], readonly string[]>>> = {
  gateway: ['onnxruntime-node', '@parlance/onnx'],
  conversation: ['onnxruntime-node', '@parlance/onnx'],
  telegram: ['onnxruntime-node', '@parlance/onnx', '@parlance/messaging'],
  operator: ['onnxruntime-node', '@parlance/onnx', '@parlance/messaging', '@parlance/persistence'],
};

/** What an image may hold of us and of npm, with Node, in bytes; Debian's own (the base, ffmpeg, espeak-ng, CUDA) comes on top. */
export const BUDGETS: Readonly<Record<(typeof SERVICES)[number], number>> = {
  gateway: 250e6,
  inference: 300e6,
  conversation: 300e6,
  tts: 300e6,
  telegram: 250e6,
  operator: 250e6,
};

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
}

export interface ImageSize {
  readonly service: (typeof SERVICES)[number];
  /** Of the packages. */
  readonly bytes: number;
  /** Of the packages and Node. */
  readonly withNode: number;
  /** The largest first. Two versions of a package are two entries. */
  readonly packages: readonly InstalledPackage[];
  /** Those of FORBIDDEN that are there. */
  readonly forbidden: readonly string[];
}

interface LockEntry {
  readonly dev?: boolean;
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}
type Lock = Readonly<Record<string, LockEntry>>;

/** What each service's image holds: the compiled service and every package of npm in its closure, as `npm ci --omit=dev --workspace`
 *  installs them (gpu-images/base.Dockerfile). Read from package-lock.json and node_modules; no container engine is needed.
 *  @throws Error where a package of the lock file is not installed */
export function imageSizes(root = ROOT): ImageSize[] {
  const lock = (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock })
    .packages;
  return SERVICES.map((service) => {
    const packages = [...imageClosure(lock, `apps/${service}`, root)]
      .map((location) => installed(location, lock, root))
      .sort((a, b) => b.bytes - a.bytes);
    const names = new Set(packages.map(({ name }) => name));
    const bytes = packages.reduce((sum, one) => sum + one.bytes, 0);
    return {
      service,
      bytes,
      withNode: bytes + statSync(process.execPath).size,
      packages,
      forbidden: (FORBIDDEN[service] ?? []).filter((name) => names.has(name)),
    };
  });
}

/** The locations (keys of the lock file) of a workspace package and of all that it needs at run time. */
export function imageClosure(lock: Lock, start: string, root = ROOT): Set<string> {
  const reached = new Set([start]);
  for (const location of reached) {
    const entry = lock[location];
    if (!entry) throw new Error(`package-lock.json has no ${location}`);
    const peers = Object.keys(entry.peerDependencies ?? {}).filter(
      (name) => !entry.peerDependenciesMeta?.[name]?.optional,
    );
    for (const name of [...Object.keys(entry.dependencies ?? {}), ...peers]) {
      const found = resolve(lock, location, name);
      if (found === undefined)
        throw new Error(`package-lock.json does not say where ${location} finds ${name}`);
      reached.add(found);
    }
    // Those of other platforms are not installed.
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      const found = resolve(lock, location, name);
      if (found !== undefined && existsSync(join(root, found))) reached.add(found);
    }
  }
  return reached;
}

/** As Node looks a package up: in the node_modules of the folder, then of those above it. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const location = folder === '.' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const entry = lock[location];
    if (entry) return entry.link ? entry.resolved : location;
    if (folder === '.') return undefined;
  }
}

function installed(location: string, lock: Lock, root: string): InstalledPackage {
  const isOurs = !location.includes('node_modules/');
  const name = isOurs ? `@parlance/${location.split('/').at(-1)}` : location.split('node_modules/').at(-1)!;
  const folder = join(root, location);
  if (!existsSync(folder)) throw new Error(`${location} is not installed: npm ci`);
  const bytes = isOurs
    ? ['dist', 'bin', 'package.json'].reduce((sum, part) => sum + bytesOf(join(folder, part)), 0)
    : bytesOf(folder);
  return { name, version: lock[location]?.version ?? '', bytes };
}

/** What the files of a folder take, without the packages nested in it and without what images leave out. */
function bytesOf(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return isNeeded(path) ? stat.size : 0;
  return readdirSync(path, { withFileTypes: true }).reduce((sum, entry) => {
    const inner = join(path, entry.name);
    if (entry.name === 'node_modules' || entry.isSymbolicLink() || !isNeeded(inner)) return sum;
    return sum + bytesOf(inner);
  }, 0);
}

/** Sizes as people read them: `12.3 MB`, of a million bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
