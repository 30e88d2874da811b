import { randomBytes } from 'node:crypto';
import { silentLogger } from './silent-logger.js';

const URI = /^(?<server>mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/(?<database>[^?]*))?(?:\?(?<options>.*))?$/;
const CONNECT_MS = 5_000;

/** Databases of one test on a server that others use as well. */
export class OwnDatabases {
  private readonly used = new Set<string>();

  /**
   * @param server  a URI; the database that it names is where its user is known, nothing is written there
   * @param suffix  of the databases' names
   */
  constructor(
    private readonly server: string,
    private readonly suffix = `_${randomBytes(4).toString('hex')}`,
  ) {}

  /** @returns the URI of a database that nobody else uses */
  uri(database: string): string {
    const { server, database: ofUser, options } = URI.exec(this.server)?.groups ?? {};
    if (server === undefined) throw new Error('MONGODB_URI is no URI of a document store.');
    const parameters = new URLSearchParams(options);
    if (server.includes('@') && !parameters.has('authSource'))
      parameters.set('authSource', ofUser || 'admin');
    const query = parameters.size > 0 ? `?${parameters}` : '';
    const uri = `${server}/${database}${this.suffix}${query}`;
    this.used.add(uri);
    return uri;
  }

  async drop(): Promise<void> {
    // Most suites need no store of their own process: they are spared its loading.
    const { StoreConnection } = await import('@parlance/persistence');
    for (const mongodbUri of this.used) {
      const options = { mongodbUri, name: 'tests', connectTimeoutMs: CONNECT_MS };
      const store = await StoreConnection.open(options, silentLogger);
      await store.raw.dropDatabase();
      await store.close();
    }
  }
}
