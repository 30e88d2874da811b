import { spawn, type ChildProcess } from 'node:child_process';
import { endNode } from './end-process.js';
import { freePort } from './free-port.js';
import { PROCESS_ENVIRONMENT } from './process-environment.js';
import { until } from './until.js';

/** `parlance wyoming` as somebody at a terminal runs it. */
export class WyomingBridge {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    child.stderr!.on('data', (data) => (this.output += String(data)));
  }

  /** Resolves when it listens. @param command  with the port it has by itself; it gets one that is free */
  static async start(
    url: string,
    key: string,
    command = 'apps/cli/bin/parlance.js wyoming --port 10300',
  ): Promise<WyomingBridge> {
    const port = await freePort();
    // The shell is replaced, so that signals reach the program.
    const child = spawn('bash', ['-c', `exec ${command.replace('10300', String(port))}`], {
      env: { PATH: process.env.PATH, ...PROCESS_ENVIRONMENT, PARLANCE_URL: url, PARLANCE_API_KEY: key },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const bridge = new WyomingBridge(child, port);
    await until(() => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${bridge.errors}`);
      return bridge.errors.includes('Ctrl-C ends it.');
    }, 30_000);
    return bridge;
  }

  /** All that it has told. */
  get errors(): string {
    return this.output;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** As Ctrl-C does. @returns its status */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    await endNode(this.child, signal);
    return this.child.exitCode;
  }
}
