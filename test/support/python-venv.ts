import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export function hasPython(): boolean {
  return spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;
}

/** A virtual environment with packages, made once under .cache. @param module  one that they bring @returns its interpreter */
export async function pythonWith(name: string, module: string, packages: readonly string[]): Promise<string> {
  const run = promisify(execFile);
  const folder = join(process.cwd(), `.cache/${name}-venv`);
  const python = join(folder, 'bin/python');
  if (existsSync(python) && spawnSync(python, ['-c', `import ${module}`]).status === 0) return python;
  mkdirSync(join(process.cwd(), '.cache'), { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  return python;
}
