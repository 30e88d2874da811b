import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreConnection } from '@parlance/persistence';
import { DocumentStoreServer } from '../support/mongo.js';
import { silentLogger } from '../support/silent-logger.js';

const DOCUMENTS = 6_000;
/** Sorts some thousand entries at a time: the documents' indexes need several runs each. */
const LITTLE_HEAP_MIB = 32;

describe('the embedded document store', () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  beforeAll(async () => {
    server = await DocumentStoreServer.start({ indexed: true, tellsPlans: true, heapMiB: LITTLE_HEAP_MIB });
    store = await StoreConnection.open({ mongodbUri: server.uri('indexes'), name: 'indexes' }, silentLogger);
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });

  it('has all documents that were there in a new index, in order, also where memory does not hold them', async () => {
    const things = store.raw.collection<{ _id: string; number: number; kind: string; words: string[] }>(
      'things',
    );
    // A prime's multiples: each number once, in no order.
    const numbers = Array.from({ length: DOCUMENTS }, (_, index) => (index * 4_001) % DOCUMENTS);
    const documents = numbers.map((number, index) => ({
      _id: `thing-${index}`,
      number,
      kind: number % 2 === 0 ? 'even' : 'odd',
      words: [`third-${number % 3}`, `fifth-${number % 5}`],
    }));
    for (let from = 0; from < DOCUMENTS; from += 1_000)
      await things.insertMany(documents.slice(from, from + 1_000));
    await things.createIndexes([
      { key: { number: 1 } },
      { key: { kind: 1, number: -1 } },
      { key: { words: 1 } },
    ]);

    server.plans.length = 0;
    const inOrder = await things.find({}).sort({ number: 1 }).toArray();
    expect(inOrder.map(({ number }) => number)).toEqual([...numbers].sort((one, other) => one - other));
    const last = await things.find({ kind: 'odd' }).sort({ number: -1 }).limit(3).toArray();
    expect(last.map(({ number }) => number)).toEqual([5_999, 5_997, 5_995]);
    expect(await things.find({ words: 'third-1' }).toArray()).toHaveLength(DOCUMENTS / 3);
    expect(server.plans.filter((plan) => plan.includes('index=none'))).toEqual([]);
  });
});
