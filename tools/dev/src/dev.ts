import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readSettings, type Settings } from '@parlance/cli/machine/settings';
import {
  forgetProcess,
  rememberProcess,
  runningProcesses,
  stopProcess,
} from '@parlance/cli/machine/process-file';
import { launch, untilReady } from './launch.js';
import { serviceProcesses, storeProcesses, type ProcessDefinition } from './platform-processes.js';

/** `npm run dev SERVICE`: one service in this terminal, under a debugger's port, compiled and started again whenever its sources or a
 *  library's change. It takes the place of the one that `make up DETACH=1` started; that one comes back when this ends. */
const INSPECT = '--inspect=127.0.0.1:9229';
/** An editor writes several files at once, milliseconds. */
const CALM_MS = 150;
const say = (line: string): void => void process.stdout.write(`--- ${line}\n`);

class WatchedService {
  private child: ChildProcess | undefined;
  private calm: NodeJS.Timeout | undefined;
  private restarting: Promise<void> = Promise.resolve();

  constructor(
    private readonly service: ProcessDefinition,
    private readonly settings: Settings,
  ) {}

  /** Starts the service and watches the sources. */
  async start(): Promise<void> {
    await this.run();
    for (const folder of [`apps/${this.service.name}/src`, 'libs'])
      watch(join(this.settings.root, folder), { recursive: true }, (_, file) => {
        if (file?.endsWith('.ts') && !file.includes('dist/') && !file.includes('generated/'))
          this.changed(file);
      });
  }

  /** Ends the service and forgets it. */
  async stop(): Promise<void> {
    clearTimeout(this.calm);
    await this.restarting;
    await this.end();
    await forgetProcess(this.settings.processFiles, this.service.name);
  }

  private changed(file: string): void {
    clearTimeout(this.calm);
    this.calm = setTimeout(() => {
      say(`${file} has changed`);
      this.restarting = this.restarting.then(() => this.restart());
    }, CALM_MS);
  }

  private async restart(): Promise<void> {
    try {
      // The old one serves until the new one is compiled.
      await promisify(execFile)(process.execPath, [join(this.settings.root, 'tools/build/compile.ts')]);
    } catch (error) {
      return say(`not compiled: ${(error as { stderr?: string }).stderr ?? String(error)}`);
    }
    await this.end();
    await this.run();
  }

  private async run(): Promise<void> {
    const { command, args, environment, name } = this.service;
    const env = { ...this.settings.environment, ...environment };
    this.child = spawn(command, [INSPECT, ...args], { cwd: this.settings.root, env, stdio: 'inherit' });
    this.child.on('error', (error) => say(`${name} cannot be started: ${error.message}`));
    this.child.on('exit', (code, signal) => say(`${name} has ended (${signal ?? `exit code ${code}`})`));
    // Whoever looks after the platform sees the service running, and does not start another.
    if (this.child.pid) await rememberProcess(this.settings.processFiles, name, this.child.pid);
  }

  private async end(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

async function main(name: string | undefined): Promise<void> {
  const settings = readSettings();
  const key = (await readFile(join(settings.root, '.cache/dev-key'), 'utf8')).trim();
  const services = serviceProcesses(settings, key);
  const service = services.find((one) => one.name === name);
  if (!service) throw new Error(`npm run dev SERVICE, one of: ${services.map((one) => one.name).join(', ')}`);

  const running = await runningProcesses(settings.processFiles);
  const absent = storeProcesses(settings).filter((store) => !running.some((one) => one.name === store.name));
  if (absent.length > 0) {
    const started = await Promise.all(absent.map((store) => launch(store, settings)));
    await untilReady(started, settings, say);
    say('`make down` stops bus and document store.');
  }
  const before = running.find((one) => one.name === name);
  if (before) await stopProcess(settings.processFiles, before);

  const watched = new WatchedService(service, settings);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void watched.stop().then(() => process.exit(0)));
  await watched.start();
  say(`${service.name} runs; a debugger may attach to port 9229; Ctrl-C ends it.`);
}

await main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
