import { expect, it } from '@jest/globals';
import { clientRow, committedRow, writeRows, type ClientFeature, type TestedClient } from './client-table.js';

/** Set to `write`: rows are written into the document instead of being compared with it. */
const MODE = process.env.PARLANCE_CLIENTS_TABLE;

/** The row of a client in docs/integrations/README.md: what its tests have seen it do. */
class MatrixRow {
  /** What each feature's cell says once all of its tests have passed. */
  private readonly claims = new Map<ClientFeature, string>();
  private readonly unproven = new Set<string>();

  constructor(private readonly client: TestedClient) {}

  /** A test of a feature. A feature may have several; its cell says that it works once all have passed. */
  works(feature: ClientFeature, title: string, test: () => Promise<void>): void {
    this.add(feature, 'works', title, test);
  }

  /** A test that the client raises its own exception for what the platform does not offer, which names it.
   *  @param what  stands in the cell */
  refuses(feature: ClientFeature, what: string, title: string, test: () => Promise<void>): void {
    this.add(feature, `refused: ${what}`, title, test);
  }

  /** @throws Error where a test has not passed */
  cells(): string[] {
    if (this.unproven.size > 0)
      throw new Error(`These have not passed: ${[...this.unproven].join('; ')}. Run the whole suite.`);
    return clientRow(this.client, this.claims);
  }

  private add(feature: ClientFeature, claim: string, title: string, test: () => Promise<void>): void {
    this.claims.set(feature, claim);
    const name = `${feature}: ${title}`;
    this.unproven.add(name);
    it(name, async () => {
      await test();
      this.unproven.delete(name);
    });
  }
}

/** The rows of the clients that a suite runs. */
export class ClientMatrix {
  private readonly rows: MatrixRow[] = [];

  row(client: TestedClient): MatrixRow {
    const row = new MatrixRow(client);
    this.rows.push(row);
    return row;
  }

  /** The last test of a suite: the document says of its clients what the tests above have seen. */
  isDocumented(): void {
    it('is told of by docs/integrations/README.md as these tests saw it', async () => {
      const seen = this.rows.map((row) => row.cells());
      if (MODE === 'write') await writeRows(seen);
      // `npm run clients:table` writes what is missing here.
      expect(seen.map((cells) => committedRow(cells))).toEqual(seen);
    });
  }
}
