#!/usr/bin/env node
// Hands over to the Node the platform is built for, wherever this one comes from.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = at('../dist/main.js');
const node = at('../../../node_modules/node/bin/node');

if (!existsSync(program)) {
  console.error('parlance is not built yet: run `make setup` in its folder.');
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) >= 24 || !existsSync(node)) {
  await import(program);
} else {
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; what else ends this process is for the program.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (status, signal) => {
    if (!signal) process.exit(status ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
