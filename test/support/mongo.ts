import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess } from './end-process.js';
import { SuspendableProcess } from './suspendable-process.js';

/** The Mongo-wire stand-in (tools/dev/mongo), in memory, on a free port. */
export class DocumentStoreServer extends SuspendableProcess {
  private constructor(
    readonly port: number,
    protected readonly child: ChildProcess,
  ) {
    super();
  }

  static async start(): Promise<DocumentStoreServer> {
    const root = process.cwd();
    execFileSync(join(root, 'tools/dev/mongo/build.sh'), { stdio: ['ignore', 'ignore', 'inherit'] });
    const classes = `${join(root, '.cache/mongo/classes')}:${join(root, '.cache/mongo/lib/*')}`;
    const child = spawn(
      'java',
      ['-Xmx192m', '-XX:+UseSerialGC', '-cp', classes, 'DocumentStore', '0', ':memory:'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    for await (const line of createInterface({ input: child.stdout })) {
      const [, port] = /^listening (\d+)$/.exec(line) ?? [];
      if (port) return new DocumentStoreServer(Number(port), child);
    }
    throw new Error('the document store did not start');
  }

  /** A database of its own for each caller. */
  uri(database: string): string {
    return `mongodb://127.0.0.1:${this.port}/${database}`;
  }

  stop(): Promise<void> {
    return endProcess(this.child, 'SIGTERM');
  }
}
