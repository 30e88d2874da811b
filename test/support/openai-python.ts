import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '1.109.1';
const FOLDER = join(process.cwd(), '.cache/openai-venv');
const PYTHON = join(FOLDER, 'bin/python');

export function hasPython(): boolean {
  return spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;
}

/** OpenAI's Python client in a virtual environment of its own, made once. */
export class OpenAiPython {
  private constructor(
    private readonly baseUrl: string,
    private readonly key: string,
  ) {}

  static async prepare(baseUrl: string, key: string): Promise<OpenAiPython> {
    const run = promisify(execFile);
    const hasClient = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import openai']).status === 0;
    if (!hasClient) {
      mkdirSync(join(process.cwd(), '.cache'), { recursive: true });
      await run('python3', ['-m', 'venv', FOLDER]);
      await run(PYTHON, ['-m', 'pip', 'install', '--quiet', `openai==${VERSION}`]);
    }
    return new OpenAiPython(baseUrl, key);
  }

  /** Runs a script that has `client` and `sys`; what it prints as JSON comes back. */
  async run(script: string, ...args: string[]): Promise<unknown> {
    const prelude =
      'import json, sys\nfrom openai import OpenAI\nimport openai\nclient = OpenAI(max_retries=0)\n';
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', prelude + script, ...args], {
      env: { ...process.env, OPENAI_BASE_URL: this.baseUrl, OPENAI_API_KEY: this.key },
    });
    return JSON.parse(stdout);
  }
}
