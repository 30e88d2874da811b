import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROCESS_ENVIRONMENT } from './process-environment.js';
import { endNode } from './end-process.js';
import { freePort } from './free-port.js';
import { metricsPage, samplesOf, valueOf, type MetricSample } from './metrics-page.js';
import { SuspendableProcess } from './suspendable-process.js';
import { until } from './until.js';

export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly msg: string;
}

/** A service may compile its model first, on a machine that is busy. */
const START_LIMIT_MS = 120_000;

/** One of the platform's services as a process of its own, from its compiled code. */
export class ServiceProcess extends SuspendableProcess {
  readonly log: LogLine[] = [];
  private output = '';

  private constructor(
    protected readonly child: ChildProcess,
    readonly opsUrl: string,
  ) {
    super();
    createInterface({ input: child.stdout! }).on('line', (line) => this.read(line));
    child.stderr!.on('data', (data: Buffer) => (this.output += data.toString()));
  }

  /** Resolves when it says it is ready.
   *  @param probe  another answer to wait for */
  static async start(
    name: string,
    environment: Readonly<Record<string, string>>,
    probe: '/readyz' | '/livez' = '/readyz',
  ): Promise<ServiceProcess> {
    const opsPort = await freePort();
    const child = spawn(
      join(process.cwd(), 'node_modules/.bin/node'),
      [join(process.cwd(), `apps/${name}/dist/main.js`)],
      {
        env: {
          PATH: process.env.PATH,
          ...PROCESS_ENVIRONMENT,
          PARLANCE_OPS_PORT: String(opsPort),
          PARLANCE_LOG_LEVEL: 'info',
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const service = new ServiceProcess(child, `http://127.0.0.1:${opsPort}`);
    try {
      await until(async () => {
        if (service.hasEnded) throw new Error(`${name} ended with ${child.exitCode}: ${service.output}`);
        return answers(`${service.opsUrl}${probe}`);
      }, START_LIMIT_MS);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return service;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** What it wrote outside its log. */
  get errors(): string {
    return this.output;
  }

  /** The value of one series, as the page of its metrics names it; NaN where it was never set. */
  async metric(series: string): Promise<number> {
    return valueOf(await this.metrics(), series);
  }

  /** All series of a name whose labels include these. */
  async samples(name: string, labels?: MetricSample['labels']): Promise<MetricSample[]> {
    return samplesOf(await this.metrics(), name, labels);
  }

  metrics(): Promise<string> {
    return metricsPage(this.opsUrl);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    await endNode(this.child, signal);
    return this.child.exitCode;
  }

  private read(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.output += `${line}\n`;
    }
  }
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
