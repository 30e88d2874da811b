import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { launch, logFile } from './launch.js';
import type { ProcessDefinition } from './platform-processes.js';
import { runningProcesses, stopProcess } from '@parlance/cli/machine/process-file';
import { readSettings, type Settings } from '@parlance/cli/machine/settings';
import { pauseBeforeRestart, supervise } from './supervisor.js';

describe('the supervisor', () => {
  let folder: string;
  let settings: Settings;
  const lines: string[] = [];
  const stop = new AbortController();
  const sleeper: ProcessDefinition = {
    name: 'sleeper',
    command: process.execPath,
    args: ['-e', "console.log('alive'); setInterval(() => {}, 1e6)"],
    environment: {},
    ports: [],
    isReady: () => Promise.resolve(true),
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-supervisor-'));
    settings = readSettings({ PARLANCE_CACHE: folder });
  });
  afterEach(async () => {
    stop.abort();
    for (const started of await runningProcesses(settings.processFiles))
      await stopProcess(settings.processFiles, started);
    rmSync(folder, { recursive: true });
  });

  it('starts a process again that was killed, and says so in the terminal and in its log', async () => {
    const { started } = await launch(sleeper, settings);
    const supervision = supervise([sleeper], settings, (line) => lines.push(line), stop.signal);
    process.kill(started.pid, 'SIGKILL');
    let again: number | undefined;
    for (let tries = 0; tries < 100 && again === undefined; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      again = (await runningProcesses(settings.processFiles)).find(({ pid }) => pid !== started.pid)?.pid;
    }
    expect(again).toBeDefined();
    stop.abort();
    await supervision;
    expect(lines).toEqual([
      expect.stringContaining('sleeper has ended; it is started again in 1 s'),
      'sleeper is started again.',
    ]);
    const log = readFileSync(logFile('sleeper', settings), 'utf8');
    for (const line of lines) expect(log).toContain(`supervisor: ${line}`);
  }, 20_000);

  it('waits longer each time, half a minute at most', () => {
    expect([1, 2, 3, 5, 6, 50].map(pauseBeforeRestart)).toEqual([
      1_000, 2_000, 4_000, 16_000, 30_000, 30_000,
    ]);
  });
});
