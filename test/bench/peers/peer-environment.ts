import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Python with the pinned peers: PARLANCE_BENCH_PYTHON, or a virtual environment made here, once. */
export async function peerPython(root: string, say: (line: string) => void): Promise<string> {
  const own = process.env.PARLANCE_BENCH_PYTHON;
  if (own) return own;
  const folder = join(root, '.cache/bench-venv');
  const python = join(folder, 'bin/python');
  if (!existsSync(join(folder, 'complete'))) {
    say(
      'Installing the peers (openai-whisper, faster-whisper) into .cache/bench-venv; this takes minutes, once.',
    );
    await run('python3', ['-m', 'venv', '--clear', folder]);
    const requirements = join(root, 'test/bench/peers/requirements.txt');
    await run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], { maxBuffer: 64 << 20 });
    await run('touch', [join(folder, 'complete')]);
  }
  return python;
}

/** The checkpoint in the peers' own formats, converted once. @returns the folder */
export async function peerModels(
  root: string,
  python: string,
  checkpoint: string,
  say: (line: string) => void,
): Promise<string> {
  const folder = join(root, '.cache/bench/peers');
  if (!existsSync(join(folder, 'faster-whisper/model.bin'))) {
    say('Converting the checkpoint for the peers.');
    await run(python, [join(root, 'test/bench/peers/prepare.py'), checkpoint, folder], {
      maxBuffer: 64 << 20,
    });
  }
  return folder;
}
