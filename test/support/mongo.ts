import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess } from './end-process.js';
import { OwnDatabases } from './own-databases.js';
import { SuspendableProcess } from './suspendable-process.js';

const TESTS_HEAP_MIB = 192;
const LARGE_HEAP_MIB = 1_024;
/** Holds the upper pages of indexes of millions of entries; all else is in the system's cache of the file. What is held longer here costs the
 *  collector more than reading it again. */
const MOST_CACHE_MIB = 128;

export interface DocumentStoreOptions {
  readonly indexed?: boolean;
  readonly tellsPlans?: boolean;
  readonly heapMiB?: number;
  readonly folder?: string | undefined;
  readonly isDisturbed?: boolean;
}

/** The document store of a test: the Mongo-wire stand-in (tools/dev/mongo) on a free port, in memory or indexed in a file of its own;
 *  where `MONGODB_URI` names a store, databases of the test's own there. */
export class DocumentStoreServer extends SuspendableProcess {
  /** `plan COLLECTION query={…} sort=[…] index=NAME`, a line for each query. */
  readonly plans: string[] = [];

  private constructor(
    private readonly databases: OwnDatabases,
    protected readonly child: ChildProcess | undefined,
    private readonly temporary?: string,
    private readonly isKept = false,
  ) {
    super();
  }

  /**
   * @param options.indexed  as `make up` has it: declared indexes are used. In memory every query reads its whole collection
   * @param options.tellsPlans  keeps in `plans` how each query was answered, which the stand-in alone can tell
   * @param options.heapMiB  for more documents than tests have
   * @param options.isDisturbed  the test freezes it or stops it: never the store that `MONGODB_URI` names
   * @param options.folder  where the file stays when the store has stopped; else it is removed
   */
  static async start(options: DocumentStoreOptions = {}): Promise<DocumentStoreServer> {
    const {
      indexed = false,
      tellsPlans = false,
      heapMiB = TESTS_HEAP_MIB,
      folder: kept,
      isDisturbed,
    } = options;
    const { MONGODB_URI: named } = process.env;
    if (named && !tellsPlans && !isDisturbed && kept === undefined)
      return new DocumentStoreServer(new OwnDatabases(named), undefined);
    const root = process.cwd();
    execFileSync(join(root, 'tools/dev/mongo/build.sh'), { stdio: ['ignore', 'ignore', 'inherit'] });
    const classes = `${join(root, '.cache/mongo/classes')}:${join(root, '.cache/mongo/lib/*')}`;
    const temporary = indexed && kept === undefined ? mkdtempSync(join(tmpdir(), 'documents-')) : undefined;
    const folder = kept ?? temporary;
    const child = spawn(
      'java',
      [
        `-Xmx${heapMiB}m`,
        // What lives long is bytes, which are soon collected: at once, that is, and without a thread that does so beside the clients.
        heapMiB < LARGE_HEAP_MIB ? '-XX:+UseSerialGC' : '-XX:+UseParallelGC',
        // A test's store ends before what the better and slower compiler makes of it pays.
        ...(heapMiB > TESTS_HEAP_MIB ? [] : ['-XX:TieredStopAtLevel=1']),
        `-Dparlance.plans=${tellsPlans}`,
        `-Dparlance.cache.mib=${Math.min(Math.floor(heapMiB / 4), MOST_CACHE_MIB)}`,
        ...['-cp', classes, 'DocumentStore', '0', folder ? join(folder, 'documents.h2') : ':memory:'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    return new Promise((resolve, reject) => {
      let server: DocumentStoreServer | undefined;
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => {
        const [, port] = /^listening (\d+)$/.exec(line) ?? [];
        if (port) {
          const databases = new OwnDatabases(`mongodb://127.0.0.1:${port}`, '');
          resolve((server = new DocumentStoreServer(databases, child, temporary, kept !== undefined)));
        } else server?.plans.push(line);
      });
      lines.on('close', () => reject(new Error('the document store did not start')));
    });
  }

  /** A database of its own for each caller. */
  uri(database: string): string {
    return this.databases.uri(database);
  }

  override freeze(): void {
    if (!this.child)
      throw new Error('A store that MONGODB_URI names is not frozen: start it as isDisturbed.');
    super.freeze();
  }

  /** What the test's own store holds goes with it; a folder that stays is written out. */
  async stop(): Promise<void> {
    if (!this.child) return this.databases.drop();
    await endProcess(this.child, this.isKept ? 'SIGTERM' : 'SIGKILL');
    if (this.temporary !== undefined) rmSync(this.temporary, { recursive: true, force: true });
  }
}
