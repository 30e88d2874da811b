import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess } from './end-process.js';
import { SuspendableProcess } from './suspendable-process.js';

const TESTS_HEAP_MIB = 192;

export interface DocumentStoreOptions {
  readonly indexed?: boolean;
  readonly tellsPlans?: boolean;
  readonly heapMiB?: number;
}

/** The Mongo-wire stand-in (tools/dev/mongo) on a free port: in memory, or indexed in a file of its own. */
export class DocumentStoreServer extends SuspendableProcess {
  /** `plan COLLECTION query={…} sort=[…] index=NAME`, a line for each query. */
  readonly plans: string[] = [];

  private constructor(
    readonly port: number,
    protected readonly child: ChildProcess,
    private readonly folder: string | undefined,
  ) {
    super();
  }

  /**
   * @param options.indexed  as `make up` has it: declared indexes are used. In memory every query reads its whole collection
   * @param options.tellsPlans  keeps in `plans` how each query was answered
   * @param options.heapMiB  for more documents than tests have
   */
  static async start(options: DocumentStoreOptions = {}): Promise<DocumentStoreServer> {
    const { indexed = false, tellsPlans = false, heapMiB = TESTS_HEAP_MIB } = options;
    const root = process.cwd();
    execFileSync(join(root, 'tools/dev/mongo/build.sh'), { stdio: ['ignore', 'ignore', 'inherit'] });
    const classes = `${join(root, '.cache/mongo/classes')}:${join(root, '.cache/mongo/lib/*')}`;
    const folder = indexed ? mkdtempSync(join(tmpdir(), 'documents-')) : undefined;
    const child = spawn(
      'java',
      [
        ...[`-Xmx${heapMiB}m`, '-XX:+UseSerialGC', `-Dparlance.plans=${tellsPlans}`],
        // A test's store ends before what the better and slower compiler makes of it pays.
        ...(heapMiB > TESTS_HEAP_MIB ? [] : ['-XX:TieredStopAtLevel=1']),
        `-Dparlance.cache.mib=${Math.floor(heapMiB / 4)}`,
        ...['-cp', classes, 'DocumentStore', '0', folder ? join(folder, 'documents.h2') : ':memory:'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    return new Promise((resolve, reject) => {
      let server: DocumentStoreServer | undefined;
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => {
        const [, port] = /^listening (\d+)$/.exec(line) ?? [];
        if (port) resolve((server = new DocumentStoreServer(Number(port), child, folder)));
        else server?.plans.push(line);
      });
      lines.on('close', () => reject(new Error('the document store did not start')));
    });
  }

  /** A database of its own for each caller. */
  uri(database: string): string {
    return `mongodb://127.0.0.1:${this.port}/${database}`;
  }

  /** With its store, so that there is nothing to write out. */
  async stop(): Promise<void> {
    await endProcess(this.child, 'SIGKILL');
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}
