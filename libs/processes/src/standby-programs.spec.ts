import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { programOutput } from './program.js';
import { StandbyPrograms } from './standby-programs.js';

/** Says when it was started, milliseconds of the clock, and what it was given then. */
const ECHO = ['-c', 'begun=$(date +%s%3N); read line; echo "$begun $line"'];
/** As `ECHO`, and fails where nothing comes soon. */
const IMPATIENT = ['-c', 'begun=$(date +%s%3N); read -t 0.1 line || exit 1; echo "$begun $line"'];
/** Long enough for a program to be started, and to fail, on a machine that is busy. */
const BUSY_MACHINE_MS = 1_000;
const open: StandbyPrograms[] = [];

/** Programs of which the next is started at once. */
function programs(): StandbyPrograms {
  const standby = new StandbyPrograms(0);
  open.push(standby);
  return standby;
}

/** @returns whether the program had been started before it was asked for */
async function wasReady(standby: StandbyPrograms, word: string, args = ECHO): Promise<boolean> {
  const askedAt = Date.now();
  const parts: Buffer[] = [];
  const options = { unavailable: 'Not here.', input: `${word}\n`, standby };
  for await (const part of programOutput('bash', args, options)) parts.push(part);
  const [begun, said] = Buffer.concat(parts).toString().trim().split(' ');
  expect(said).toBe(word);
  return Number(begun) < askedAt;
}

describe('programs that are started before they are needed', () => {
  afterEach(() => {
    for (const standby of open.splice(0)) standby.close();
  });

  it('are there when their input comes, from the second use on', async () => {
    const standby = programs();
    expect(await wasReady(standby, 'one')).toBe(false);
    await sleep(BUSY_MACHINE_MS);
    expect(await wasReady(standby, 'two')).toBe(true);
    await sleep(BUSY_MACHINE_MS);
    expect(await wasReady(standby, 'three')).toBe(true);
  });

  it('are new ones where the one that waited has ended meanwhile', async () => {
    const standby = programs();
    expect(await wasReady(standby, 'one', IMPATIENT)).toBe(false);
    await sleep(BUSY_MACHINE_MS);
    expect(await wasReady(standby, 'two', IMPATIENT)).toBe(false);
  });

  it('are not started ahead for what fails, nor once they are closed', async () => {
    const standby = programs();
    const failing = programOutput('bash', ['-c', 'exit 3'], { unavailable: 'Not here.', standby });
    await expect(failing.next()).rejects.toMatchObject({ code: 'upstream.unavailable' });
    expect(await wasReady(standby, 'one')).toBe(false);
    await sleep(BUSY_MACHINE_MS);
    standby.close();
    expect(await wasReady(standby, 'two')).toBe(false);
    await sleep(BUSY_MACHINE_MS);
    expect(await wasReady(standby, 'three')).toBe(false);
  });

  it('are told that they cannot be started, as any', async () => {
    const absent = programOutput('/nowhere/program', [], { unavailable: 'Not here.', standby: programs() });
    await expect(absent.next()).rejects.toMatchObject({ code: 'upstream.unavailable', message: 'Not here.' });
  });
});
