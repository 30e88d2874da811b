import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageOf, ROOT } from './workspace.ts';

/** What dependency-cruiser found. */
export interface ImportGraph {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }[];
  readonly violations: readonly Violation[];
}

/** An import that a rule of .dependency-cruiser.cjs forbids. */
export interface Violation {
  readonly rule: string;
  readonly severity: string;
  readonly from: string;
  readonly to: string;
}

/** Reads the imports of the whole repository by dependency-cruiser, with the rules of .dependency-cruiser.cjs. Takes seconds. */
export async function readImports(root = ROOT): Promise<ImportGraph> {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const options = [
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'apps',
    'libs',
    'tools',
    'test',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...options], {
    cwd: root,
    maxBuffer: 512 * 1024 ** 2,
  }).catch((error: { stdout?: string }) => {
    // It ends with the number of violations as its status.
    if (error.stdout?.startsWith('{')) return { stdout: error.stdout };
    throw error;
  });
  const result = JSON.parse(stdout) as {
    modules: ImportGraph['modules'];
    summary: { violations: { rule: { name: string; severity: string }; from: string; to: string }[] };
  };
  const violations = result.summary.violations.map(({ rule, from, to }) => {
    return { rule: rule.name, severity: rule.severity, from, to };
  });
  return { modules: result.modules, violations };
}

/** Which packages each package's production code imports; names without the scope, sorted. */
export function packageArrows({ modules }: ImportGraph): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  for (const { source, dependencies } of modules) {
    const from = packageOf(source);
    if (from === undefined || source.endsWith('.spec.ts')) continue;
    const targets = arrows.get(from) ?? new Set<string>();
    for (const { resolved } of dependencies) {
      const to = packageOf(resolved);
      if (to !== undefined && to !== from) targets.add(to);
    }
    arrows.set(from, targets);
  }
  return new Map([...arrows].sort().map(([from, targets]) => [from, new Set([...targets].sort())]));
}
