import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../dev/structure/workspace.ts';

/** Enough that writing them takes a while. */
const PARTS = Array.from({ length: 40 }, (_, index) => `part${index}`);
const PART_LINES = 500;

/** Imports every part again and again until its input ends; it exits with 1 when a part is not whole. */
const READER = `
  import { setImmediate } from 'node:timers/promises';
  const parts = ${JSON.stringify(PARTS)};
  let isOver = false;
  process.stdin.on('end', () => (isOver = true)).resume();
  for (let round = 0; !isOver; round += 1) {
    await setImmediate();
    for (const part of parts) {
      const { last } = await import('./libs/one/dist/' + part + '.js?' + round);
      if (last !== 'whole') throw new Error(part + ' is not whole');
    }
    if (round === 0) console.log('reading');
  }`;

let root: string;

const write = (path: string, content: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const compile = () =>
  promisify(execFile)(process.execPath, ['--no-warnings', join(ROOT, 'tools/build/compile.ts'), root], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
const writeParts = (version: number): void => {
  for (const part of PARTS)
    write(
      `libs/one/src/${part}.ts`,
      `${`// ${version}: a line that makes it long\nvoid ${version};\n`.repeat(PART_LINES)}export const last: string = 'whole';\n`,
    );
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parlance-compile-'));
  copyFileSync(join(ROOT, '.swcrc'), join(root, '.swcrc'));
  write('libs/one/package.json', '{"type":"module"}');
  write('libs/one/src/index.ts', 'export const one: number = 1;\n');
  write('libs/one/src/index.spec.ts', 'export const test = 1;\n');
  write('libs/one/src/inner/two.ts', "export { one } from '../index.js';\n");
  write('apps/app/package.json', '{"type":"module"}');
  write('apps/app/src/main.ts', 'export const main = 1;\n');
  write('tools/tool.ts', 'export const tool = 1;\n');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a compilation', () => {
  it('writes each package to its own folder, with maps that name the source, and leaves the specs out', async () => {
    await compile();
    expect(read('libs/one/dist/index.js')).toBe('export const one = 1;\n\n//# sourceMappingURL=index.js.map');
    expect(JSON.parse(read('libs/one/dist/inner/two.js.map'))).toMatchObject({
      sources: ['../../src/inner/two.ts'],
    });
    expect(existsSync(join(root, 'apps/app/dist/main.js'))).toBe(true);
    expect(existsSync(join(root, 'dist/tools/tool.js'))).toBe(true);
    expect(existsSync(join(root, 'libs/one/dist/index.spec.js'))).toBe(false);
  });

  it('touches only what has changed, and removes what has no source any more', async () => {
    await compile();
    const before = statSync(join(root, 'libs/one/dist/index.js')).mtimeMs;
    write('apps/app/src/main.ts', 'export const main = 2;\n');
    rmSync(join(root, 'libs/one/src/inner/two.ts'));
    await compile();
    expect(statSync(join(root, 'libs/one/dist/index.js')).mtimeMs).toBe(before);
    expect(read('apps/app/dist/main.js')).toContain('main = 2');
    expect(existsSync(join(root, 'libs/one/dist/inner/two.js'))).toBe(false);
  });

  it('names the file that it can not read, fails, and changes nothing', async () => {
    await compile();
    write('apps/app/src/main.ts', 'export const = ;\n');
    write('libs/one/src/index.ts', 'export const one = 3;\n');
    await expect(compile()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('main.ts') });
    expect(read('libs/one/dist/index.js')).toContain('one = 1');
  });

  it('runs twice at once while a process imports what it writes, which is whole at any moment', async () => {
    writeParts(0);
    await compile();
    write('reader.js', READER);
    write('package.json', '{"type":"module"}');
    const reader = spawn(process.execPath, [join(root, 'reader.js')], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const faults: string[] = [];
    reader.stderr.on('data', (data) => faults.push(String(data)));
    const ended = once(reader, 'exit');
    await once(reader.stdout, 'data');
    writeParts(1);
    await Promise.all([compile(), compile()]);
    reader.stdin.end();
    const [status] = await ended;
    expect({ status, faults }).toEqual({ status: 0, faults: [] });
    expect(read('libs/one/dist/part0.js')).toContain('// 1:');
  }, 30_000);
});
