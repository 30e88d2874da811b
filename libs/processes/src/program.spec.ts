import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { until } from '../../../test/support/until.js';
import { programOutput, runProgram, type ProgramOptions } from './program.js';

const unavailable = 'The program is not available.';

async function output(script: string, options: Partial<ProgramOptions> = {}): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of programOutput('sh', ['-c', script], { unavailable, ...options })) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('the output of a program', () => {
  it('is what it makes of its input, of a text as of bytes that come', async () => {
    async function* input() {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    }
    expect(await output('cat')).toBe('');
    expect(await output('cat', { input: 'text' })).toBe('text');
    expect(await output('cat', { input: input() })).toBe('one two');
  });

  it('comes with the report on descriptor 3', async () => {
    let report = '';
    expect(await output('echo 12 >&3; echo out', { onReport: (text) => (report += text) })).toBe('out\n');
    expect(report).toBe('12\n');
  });

  it('counts where the program leaves some of its input', async () => {
    async function* input() {
      for (;;) yield Buffer.alloc(65_536);
    }
    expect(await output('head -c 3 >/dev/null; echo done', { input: input() })).toBe('done\n');
  });

  it('is refused where the program fails or is not there', async () => {
    const refusal = { code: 'upstream.unavailable', message: unavailable };
    await expect(output('exit 4')).rejects.toMatchObject({
      ...refusal,
      cause: { message: 'sh ended with 4' },
    });
    const missing = programOutput('/nowhere/program', [], { unavailable }).next();
    await expect(missing).rejects.toMatchObject({ ...refusal, cause: { code: 'ENOENT' } });
  });

  it("ends with the input's own fault", async () => {
    const fault = new AppError('voice.not_found', 'Nobody speaks.');
    async function* input() {
      yield Buffer.from('one');
      throw fault;
    }
    await expect(output('cat; sleep 60', { input: input() })).rejects.toBe(fault);
  });

  it("ends at once with its signal, and says the signal's reason", async () => {
    const late = new AppError('request.deadline_exceeded', 'The speech took longer than its limit.');
    const ended = (signal: AbortSignal) => output('sleep 60', { signal });
    await expect(ended(AbortSignal.abort(late))).rejects.toBe(late);
    await expect(ended(AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'request.deadline_exceeded' });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    await expect(ended(abort.signal)).rejects.toMatchObject({ code: 'request.cancelled' });
  });

  it('ends the program when its reader leaves', async () => {
    const left = programOutput('sh', ['-c', 'echo $$; exec sleep 60'], { unavailable });
    const pid = Number((await left.next()).value);
    await left.return(undefined);
    await until(() => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    });
  });
});

describe('a program that is run to its end', () => {
  it('gives what it prints, or tells how to install it', async () => {
    expect(await runProgram('echo', ['here'], 'coreutils')).toBe('here\n');
    await expect(runProgram('/nowhere/program', [], 'some-package')).rejects.toThrow(
      'install it with: apt-get install some-package',
    );
  });

  it('tells how it ended where it is there and fails', async () => {
    await expect(runProgram('sh', ['-c', 'echo broken >&2; exit 3'], 'dash')).rejects.toThrow(
      /^sh -c .* failed: [^]*broken/,
    );
  });
});
