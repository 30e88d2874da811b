import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, rememberProcess, runningProcesses, stopProcess } from './process-file.js';

describe('process files', () => {
  let folder: string;
  const children: ChildProcess[] = [];

  /** A process that says when it is set up. */
  async function start(script: string): Promise<number> {
    const child = spawn(process.execPath, ['-e', `${script}; console.log('up'); setInterval(() => {}, 1e6)`]);
    children.push(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return child.pid as number;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-run-'));
  });
  afterEach(() => {
    children.splice(0).forEach((child) => child.kill('SIGKILL'));
    rmSync(folder, { recursive: true });
  });

  it('stops a process by asking, and forgets it', async () => {
    const started = await rememberProcess(folder, 'gateway', await start('0'));
    expect((await runningProcesses(folder)).map(({ name }) => name)).toEqual(['gateway']);
    await stopProcess(folder, started);
    expect(isRunning(started)).toBe(false);
    expect(await runningProcesses(folder)).toEqual([]);
  });

  it('insists where a process does not listen', async () => {
    const started = await rememberProcess(folder, 'stubborn', await start("process.on('SIGTERM', () => {})"));
    await stopProcess(folder, started, 200);
    expect(isRunning(started)).toBe(false);
  });

  it('never touches a later process that was given the same id', async () => {
    const pid = await start('0');
    const stale = { name: 'gateway', pid, startedAt: 'long ago' };
    writeFileSync(join(folder, 'gateway.pid'), JSON.stringify(stale));
    expect(await runningProcesses(folder)).toEqual([]);
    expect(existsSync(join(folder, 'gateway.pid'))).toBe(false);
    await stopProcess(folder, stale, 0);
    expect(() => process.kill(pid, 0)).not.toThrow();
  });

  it('reads over a file that is none of ours', async () => {
    writeFileSync(join(folder, 'broken.pid'), '12');
    expect(await runningProcesses(folder)).toEqual([]);
  });
});
