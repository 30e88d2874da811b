/** Compiles every package to its own `dist`, and the tools and tests to the root's. Types are checked apart (`npm run types`). */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const swc = join(root, 'node_modules/.bin/swc');
const options = [
  '--extensions',
  '.ts',
  '--config-file',
  join(root, '.swcrc'),
  '--ignore',
  // Node itself runs what is under structure, without compilation.
  '**/*.spec.ts,tools/dev/structure/**',
  '--quiet',
  '--out-dir',
  'dist',
];
const run = (cwd, ...args) => promisify(execFile)(swc, [...args, ...options], { cwd });

const packages = ['libs', 'apps']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
  .filter((folder) => existsSync(join(folder, 'package.json')));

await Promise.all([
  // An image is built without the tests.
  run(root, ...['tools', 'test'].filter((folder) => existsSync(join(root, folder)))),
  ...packages.map((folder) => run(folder, 'src', '--strip-leading-paths')),
]);
