import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess } from './end-process.js';
import { untilListening } from './nats.js';

/** Debian's is where the path of users who are not root does not lead. */
const PROGRAM = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';

export function hasNginx(): boolean {
  return spawnSync(PROGRAM, ['-v']).status === 0;
}

/** nginx with a configuration of ours, its names and ports replaced by those of the test. */
export class Nginx {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly printed: string[],
  ) {}

  /** @param replaced  texts of the configuration and what stands for them; each must be there
   *  @param port  that it listens on once it is up */
  static async start(
    configuration: string,
    replaced: Readonly<Record<string, string>>,
    port: number,
  ): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-nginx-'));
    // Where root starts it, its workers are somebody else and keep long bodies in here.
    chmodSync(folder, 0o711);
    let text = readFileSync(configuration, 'utf8').replaceAll('/tmp/', `${folder}/`);
    for (const [from, to] of Object.entries(replaced)) {
      if (!text.includes(from)) throw new Error(`${configuration} does not say ${from}`);
      text = text.replaceAll(from, to);
    }
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, text);
    const printed: string[] = [];
    const child = spawn(PROGRAM, ['-p', folder, '-c', file, '-g', 'daemon off;'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (data: Buffer) => printed.push(data.toString()));
    await untilListening(port);
    return new Nginx(child, folder, printed);
  }

  /** What it wrote to its error log. */
  get errors(): string {
    return this.printed.join('');
  }

  async stop(): Promise<void> {
    await endProcess(this.child, 'SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
