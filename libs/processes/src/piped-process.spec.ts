import { describe, expect, it } from '@jest/globals';
import { constants, getPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { PipedProcess, untilClosed } from './piped-process.js';

const OPTIONS = { unavailable: 'The program is not available.' };
/** Far more than the pipes of a process hold. */
const MEBIBYTE = Buffer.alloc(2 ** 20, 'x');

const shell = (script: string, options = {}) =>
  new PipedProcess('sh', ['-c', script], { ...OPTIONS, ...options });

async function lengthOf(child: PipedProcess): Promise<number> {
  let length = 0;
  for await (const chunk of untilClosed<Buffer>(child.output)) length += chunk.length;
  return length;
}

describe('a process between pipes', () => {
  it('gives back what it is written, however much that is', async () => {
    const child = shell('cat');
    const [length] = await Promise.all([lengthOf(child), child.writeAll(Array<Buffer>(4).fill(MEBIBYTE))]);
    expect(length).toBe(4 * MEBIBYTE.length);
    expect(await child.exited).toBe(0);
  });

  it('lets its log and its report be read beside its output', async () => {
    const child = shell('echo out; echo log >&2; echo report >&3', { readsLog: true, readsReport: true });
    const read = [child.output, child.log!, child.report!].map((pipe) => text(pipe));
    expect(await Promise.all(read)).toEqual(['out\n', 'log\n', 'report\n']);
  });

  it('has neither log nor report where nobody reads them', async () => {
    const child = shell('echo log >&2; exit 3');
    expect([child.log, child.report]).toEqual([undefined, undefined]);
    child.output.resume();
    expect(await child.exited).toBe(3);
  });

  it('reads a source on or leaves it once the program has closed its input', async () => {
    for (const [isReadToEnd, expected] of [
      [true, 8],
      [false, 7],
    ] as const) {
      let read = 0;
      function* source() {
        for (; read < 8; read += 1) yield MEBIBYTE;
      }
      const child = shell('exec <&-; sleep 0.2');
      await child.writeAll(source(), isReadToEnd);
      if (isReadToEnd) expect(read).toBe(expected);
      else expect(read).toBeLessThanOrEqual(expected);
    }
  });

  it('passes the fault of a source on', async () => {
    const child = shell('cat');
    const fault = new Error('broken');
    function* source() {
      yield MEBIBYTE.subarray(0, 10);
      throw fault;
    }
    await expect(child.writeAll(source())).rejects.toBe(fault);
    child.stop();
    expect(await child.exited).toBeNull();
  });

  it('ends at once when it is stopped, and so does the loop over its output', async () => {
    const child = shell('sleep 60');
    const reading = lengthOf(child);
    child.stop();
    expect(await reading).toBe(0);
    expect(await child.exited).toBeNull();
  });

  it('gives way to other processes where it is told so', async () => {
    for (const [yieldsProcessors, expected] of [
      [false, getPriority()],
      [true, Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL)],
    ] as const) {
      const child = shell('read go; nice', { yieldsProcessors });
      await child.writeAll([Buffer.from('go\n')]);
      expect(Number(await text(child.output))).toBe(expected);
    }
  });

  it('tells that the program is not there', async () => {
    const child = new PipedProcess('/nowhere/program', [], OPTIONS);
    await expect(child.exited).rejects.toMatchObject({
      code: 'upstream.unavailable',
      message: OPTIONS.unavailable,
      cause: { code: 'ENOENT' },
    });
  });
});
