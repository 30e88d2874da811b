import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pythonWith } from './python-venv.js';

const VERSION = '1.109.1';

/** OpenAI's Python client in a virtual environment of its own, made once. */
export class OpenAiPython {
  private constructor(
    private readonly python: string,
    private readonly baseUrl: string,
    private readonly key: string,
  ) {}

  static async prepare(baseUrl: string, key: string): Promise<OpenAiPython> {
    return new OpenAiPython(await pythonWith('openai', 'openai', [`openai==${VERSION}`]), baseUrl, key);
  }

  /** Runs a script that has `client` and `sys`; what it prints as JSON comes back. */
  async run(script: string, ...args: string[]): Promise<unknown> {
    const prelude =
      'import json, sys\nfrom openai import OpenAI\nimport openai\nclient = OpenAI(max_retries=0)\n';
    const { stdout } = await promisify(execFile)(this.python, ['-c', prelude + script, ...args], {
      env: { ...process.env, OPENAI_BASE_URL: this.baseUrl, OPENAI_API_KEY: this.key },
    });
    return JSON.parse(stdout);
  }
}
