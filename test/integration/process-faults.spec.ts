import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { endNode, endProcess } from '../support/end-process.js';

/** A service whose timer throws, and whose drain takes so long; it writes what it does. */
const script = (fault: string, closeMs: number): string => `
  import { runProcess } from '@parlance/config';
  import { createLogger, faultReporter, metricsRegistry } from '@parlance/telemetry';
  import { z } from 'zod';
  await runProcess({ name: 'faulty', schema: z.object({}), start: async () => {
    setTimeout(() => { ${fault} }, 50);
    setInterval(() => undefined, 1000);
    return {
      drainMs: 1000,
      report: faultReporter(createLogger({ service: 'faulty', level: 'info' })),
      close: async () => {
        const { values } = await metricsRegistry.getSingleMetric('parlance_process_faults_total').get();
        await new Promise((resolve) => setTimeout(resolve, ${closeMs}));
        console.log(JSON.stringify({ msg: 'drained', faults: values[0].value }));
      },
    };
  } });`;

describe('a fault that nothing caught', () => {
  let child: ChildProcess | undefined;
  afterEach(() => child && endProcess(child, 'SIGKILL'));

  it.each([
    ['a throw in a timer', "throw new Error('of the timer')"],
    ['a rejection that nobody handles', "void Promise.reject(new Error('of the timer'))"],
  ])('is logged and counted, and drains the process, which ends with 1: %s', async (_, fault) => {
    const node = join(process.cwd(), 'node_modules/.bin/node');
    child = spawn(node, ['--input-type=module', '-e', script(fault, 300)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const output = Buffer.concat((await child.stdout!.toArray()) as Buffer[]).toString();
    const [fatal, drained] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(fatal).toMatchObject({ level: 'fatal', err: { message: 'of the timer' } });
    expect(drained).toEqual({ msg: 'drained', faults: 1 });
    expect((await exited)[0]).toBe(1);
  });
});

describe('a Node process that a test ends', () => {
  let child: ChildProcess | undefined;
  afterEach(() => child && endProcess(child, 'SIGKILL'));

  /** @param work  says something when it has begun */
  async function started(work: string): Promise<ChildProcess> {
    const node = join(process.cwd(), 'node_modules/.bin/node');
    child = spawn(node, ['-e', work], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout!, 'data');
    return child;
  }

  it('is killed where its main thread waits for another one for good', async () => {
    const caught = await started(
      "console.log('caught'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    );
    // Ends nothing, as no signal does once the exit has begun.
    await endNode(caught, 'SIGCONT', 100);
    expect(caught.signalCode).toBe('SIGKILL');
  });

  it('is waited for where it takes long to drain', async () => {
    const drain = "process.on('SIGTERM', () => setTimeout(() => process.exit(3), 1_000))";
    const slow = await started(`${drain}; console.log('running'); setInterval(() => undefined, 1_000)`);
    await endNode(slow, 'SIGTERM', 100);
    expect(slow.exitCode).toBe(3);
  });
});
