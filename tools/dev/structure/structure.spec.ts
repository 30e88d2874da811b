import { describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { duplicateExports, exportedNames } from './exported-names.ts';
import { median, packageSizes, SMALL_FILES_LIMIT_PERCENT, smallFilesPercent } from './file-sizes.ts';
import { BUDGETS, imageClosure, SERVICES } from './image-sizes.ts';
import { essentialArrows, packageCycles, upwardArrows } from './layers.ts';
import { ROOT, workspacePackages } from './workspace.ts';

const arrowsOf = (lists: Record<string, string[]>): Map<string, Set<string>> =>
  new Map(Object.entries(lists).map(([from, targets]) => [from, new Set(targets)]));

describe('exported names', () => {
  it('are those that a module declares itself, each once', () => {
    const source = `
      export const one = 1, { two, nested: [three] } = source;
      export type one = number;
      export function four() {}
      export class Five {}
      export interface Six {}
      export type Seven = string;
      const eight = 8;
      const nine = 9;
      export { eight };
      export { ten } from './other.js';
      export * from './all.js';`;
    expect([...exportedNames(source)]).toEqual([
      ...['one', 'two', 'three', 'four', 'Five', 'Six', 'Seven', 'eight'],
    ]);
  });

  it('count as duplicates in two files, not as a re-export', () => {
    const root = folderWith({
      'a.ts': 'export const heading = 1; export const only = 2;',
      'b.ts': 'export function heading() {}',
      'index.ts': "export { only } from './a.js';",
    });
    try {
      expect([...duplicateExports(['a.ts', 'b.ts', 'index.ts'], root)]).toEqual([
        ['heading', ['a.ts', 'b.ts']],
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe('the sizes of a package', () => {
  it('count small files, but not its entry points', () => {
    const root = folderWith({
      'src/index.ts': "export * from './long.js';\n",
      'src/short.ts': 'export const short = 1;\n',
      'src/long.ts': 'export const long = 1;\n'.repeat(40),
    });
    const files = ['src/index.ts', 'src/long.ts', 'src/short.ts'];
    try {
      expect(packageSizes({ name: 'x', folder: 'libs/x', files }, root)).toEqual({
        folder: 'libs/x',
        lines: [1, 40, 1],
        smallFiles: ['src/short.ts'],
      });
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('give the share of small files over all packages', () => {
    const sized = (lines: number[], smallFiles: string[]) => ({ folder: 'libs/x', lines, smallFiles });
    expect(smallFilesPercent([sized([1, 40, 50], ['a.ts']), sized([60], [])])).toBe(25);
    expect(smallFilesPercent([])).toBe(0);
  });

  it('have the mean of the middle two as the median of an even number', () => {
    expect([median([]), median([5, 1, 3]), median([4, 1, 8, 2])]).toEqual([0, 3, 3]);
  });
});

// The report's other limits on sources are held by eslint (words) and by `npm run boundaries` (imports).
describe('this repository', () => {
  const packages = workspacePackages();

  it('exports no name from two files', () => {
    expect(Object.fromEntries(duplicateExports(packages.flatMap(({ files }) => files)))).toEqual({});
  });

  it('has few small files', () => {
    const sizes = packages.map((entry) => packageSizes(entry));
    expect(smallFilesPercent(sizes)).toBeLessThan(SMALL_FILES_LIMIT_PERCENT);
  });
});

describe('the layers of packages', () => {
  const layers = [['app'], ['middle'], ['low', 'lower']];

  it('allow arrows down and within a layer', () => {
    expect(upwardArrows(arrowsOf({ app: ['low'], middle: ['low'], low: ['lower'] }), layers)).toEqual([]);
  });

  it('name arrows up and packages that have no layer', () => {
    expect(upwardArrows(arrowsOf({ low: ['middle'], stray: ['low'] }), layers)).toEqual([
      'stray has no layer in layers.json',
      'low → middle',
    ]);
  });

  it('name each circle of packages once', () => {
    expect(packageCycles(arrowsOf({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] }))).toEqual(['a → b → c → a']);
  });

  it('have the arrows that no path of others stands for', () => {
    expect([...essentialArrows(arrowsOf({ a: ['b', 'c'], b: ['c'], c: [] }))]).toEqual([
      ['a', ['b']],
      ['b', ['c']],
      ['c', []],
    ]);
  });
});

describe("an image's packages", () => {
  it('have a budget for every service that has an image', () => {
    const images = readdirSync(join(ROOT, 'gpu-images'))
      .filter((file) => file.endsWith('.Dockerfile'))
      .map((file) => readFileSync(join(ROOT, 'gpu-images', file), 'utf8'))
      .flatMap((text) => /CMD \["apps\/(\w+)\/dist\/main\.js"\]/.exec(text)?.[1] ?? []);
    expect([...new Set(images)].sort()).toEqual([...SERVICES].sort());
    expect(Object.keys(BUDGETS).sort()).toEqual([...SERVICES].sort());
  });

  it('are the closure of the service as Node finds them, nested versions before those of the root', () => {
    const lock = {
      'apps/service': { dependencies: { ours: '1', shared: '2' } },
      'node_modules/ours': { link: true, resolved: 'libs/ours' },
      'libs/ours': { dependencies: { shared: '1' } },
      'libs/ours/node_modules/shared': {},
      'node_modules/shared': {
        peerDependencies: { peer: '*', absent: '*' },
        peerDependenciesMeta: { absent: { optional: true } },
      },
      'node_modules/peer': {},
      'node_modules/tool': { dev: true },
    };
    expect([...imageClosure(lock, 'apps/service')].sort()).toEqual([
      'apps/service',
      'libs/ours',
      'libs/ours/node_modules/shared',
      'node_modules/peer',
      'node_modules/shared',
    ]);
  });

  it('must all be in the lock file', () => {
    const lock = { 'apps/service': { dependencies: { gone: '1' } } };
    expect(() => imageClosure(lock, 'apps/service')).toThrow('does not say where apps/service finds gone');
  });
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'structure-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
