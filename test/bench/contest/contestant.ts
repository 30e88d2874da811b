import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endProcess } from '../../support/end-process.js';

/** What every engine is asked alike; see peers/engines.py for how each decodes it. */
export interface Task {
  /** 16 kHz mono 16-bit WAV files, one after the other. */
  readonly recordings: readonly string[];
  /** 1 is greedy. */
  readonly beamSize: number;
  /** Windows decoded side by side; 0: one after the other, as the text goes. */
  readonly batchSize: number;
  /** Exactly so many tokens of one 30 s window; 0: until the text ends. */
  readonly fixedTokens: number;
  /** Word times; ours only. */
  readonly words: boolean;
}

export interface Measure {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly texts: readonly string[];
}

export interface ContestantSpec {
  /** Engine and precision: `faster-whisper-int8`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Of its image, beside the bench's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Longest a task may take, ms; the slowest engine needs about a minute for its longest. */
const TASK_LIMIT_MS = 600_000;

/** An engine in a process of its own, its model loaded: it answers a line of JSON for each task. */
export class Contestant {
  private constructor(
    readonly name: string,
    /** Of the engine's package. */
    readonly version: string,
    private readonly child: ChildProcess,
    private readonly answers: AsyncIterator<string>,
    private readonly errors: () => string,
  ) {}

  /** Resolves when the model is loaded. @throws Error with the end of what the engine said */
  static async start({ name, command, args, environment }: ContestantSpec): Promise<Contestant> {
    // No engine may look for a GPU: all compute on the same cores.
    const child = spawn(command, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment, CUDA_VISIBLE_DEVICES: '' },
    });
    let errors = '';
    child.stderr.on('data', (data) => (errors = `${errors}${String(data)}`.slice(-4_000)));
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => (errors += error.message));
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    // A traceback's last line is the error.
    const tail = (): string => errors.trim().split('\n').at(-1) ?? '';
    const first = await answerOf(name, answers, tail, child);
    return new Contestant(name, (first as { version: string }).version, child, answers, tail);
  }

  async run(task: Task): Promise<Measure> {
    this.child.stdin?.write(`${JSON.stringify(task)}\n`);
    return (await answerOf(this.name, this.answers, this.errors, this.child)) as Measure;
  }

  /** Resolves when the process is gone: clearing gigabytes away is work, which would be done beside the next engine's run. */
  stop(): Promise<void> {
    return endProcess(this.child, 'SIGKILL');
  }
}

async function answerOf(
  name: string,
  answers: AsyncIterator<string>,
  errors: () => string,
  child: ChildProcess,
): Promise<unknown> {
  const limit = setTimeout(() => child.kill('SIGKILL'), TASK_LIMIT_MS);
  try {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${name} ended: ${errors() || 'it said nothing'}`);
    return JSON.parse(value);
  } finally {
    clearTimeout(limit);
  }
}
