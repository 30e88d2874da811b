import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serviceProcesses, storeProcesses } from './platform-processes.js';
import { readSettings } from '@parlance/cli/machine/settings';
import { supervise } from './supervisor.js';

/** What `make up DETACH=1` leaves behind: looks after the platform until `make down` ends it. Its output is its log. */
const settings = readSettings();
const key = (await readFile(join(settings.root, '.cache/dev-key'), 'utf8')).trim();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
await supervise(
  [...storeProcesses(settings), ...serviceProcesses(settings, key)],
  settings,
  say,
  stop.signal,
);
process.exit(0);
