import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pythonWith } from './python-venv.js';

/** Packages that are installed together, apart from those of other environments. */
export interface PythonEnvironment {
  readonly name: string;
  /** One that the packages bring. */
  readonly module: string;
  readonly packages: readonly string[];
}

/** A client written in Python, in a virtual environment of its own, made once. */
export class PythonClient {
  private constructor(
    private readonly python: string,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  /** @param variables  by which the client is told the platform's address and key */
  static async prepare(
    { name, module, packages }: PythonEnvironment,
    variables: Readonly<Record<string, string>>,
  ): Promise<PythonClient> {
    return new PythonClient(await pythonWith(name, module, packages), variables);
  }

  /** Runs a script. @returns what it prints */
  async print(script: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(this.python, ['-c', script, ...args], {
      env: { ...process.env, ...this.variables },
      maxBuffer: 64 * 2 ** 20,
    });
    return stdout;
  }

  /** Runs a script that prints JSON on its last line. */
  async run(script: string, ...args: string[]): Promise<unknown> {
    return JSON.parse((await this.print(script, ...args)).trim().split('\n').at(-1) ?? '');
  }
}
