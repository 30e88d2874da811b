/** The catalogue in the document store: what tenants see, change and keep of it, and the migration that brings the seeds. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CatalogueRepository,
  CatalogueSeeds,
  LanguageOfferRepository,
  StoreConnection,
} from '@parlance/persistence';
import { seededScenario } from '../support/catalogue-seeds.js';
import { DocumentStoreServer } from '../support/mongo.js';
import { silentLogger } from '../support/silent-logger.js';
import { until } from '../support/until.js';

const aScenario = (code: string, title = 'Our own') => ({ ...seededScenario('bakery'), code, title });
const retitled = (title: string) => (value: ReturnType<typeof aScenario>) => ({ ...value, title });

describe('the catalogue in the document store', () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  let catalogue: CatalogueRepository;
  let seeds: CatalogueSeeds;

  beforeAll(async () => {
    server = await DocumentStoreServer.start();
    store = await StoreConnection.open({ mongodbUri: server.uri('catalogue'), name: 'test' }, silentLogger);
    catalogue = new CatalogueRepository(store);
    seeds = new CatalogueSeeds(catalogue, silentLogger);
    await catalogue.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  const everything = () => store.raw.collection('catalogue').find({}).sort({ _id: 1 }).toArray();
  const all = async (tenant: string, page = {}) =>
    (await catalogue.page(tenant, 'scenario', { limit: 1_000, ...page })).map(({ code }) => code);

  it('is brought in once by replicas that start together, and by nothing that comes later', async () => {
    const changes = await Promise.all([seeds.migrate(), seeds.migrate(), seeds.migrate()]);
    const before = await everything();
    expect(before.length).toBeGreaterThan(24 + 40 + 8);
    expect(changes.reduce((sum, changed) => sum + changed, 0)).toBe(before.length);
    expect(before.every(({ version }) => version === 1)).toBe(true);
    expect(await seeds.migrate()).toBe(0);
    expect(await everything()).toEqual(before);
  });

  it('stays as it is where a seed file is at fault', async () => {
    const before = await everything();
    const folder = await mkdtemp(join(tmpdir(), 'seeds-'));
    await cp('libs/persistence/seeds', folder, { recursive: true });
    const languages = JSON.parse(await readFile(join(folder, 'languages.json'), 'utf8'));
    languages.entries[0].label = 'Changed';
    await writeFile(join(folder, 'languages.json'), JSON.stringify(languages));
    await writeFile(join(folder, 'scenarios.json'), '{');
    await expect(seeds.migrate(folder)).rejects.toMatchObject({
      code: 'catalogue.invalid_seed',
      message: expect.stringContaining('scenarios.json'),
    });
    expect(await everything()).toEqual(before);
    await rm(folder, { recursive: true });
  });

  it('takes a later revision, entries that went away included, and no earlier one back', async () => {
    const bakery = seededScenario('bakery');
    const standing = await catalogue.page('acme', 'scenario', { limit: 1_000 });
    const others = standing.filter(({ code }) => code !== 'doctor').map(({ value }) => value);
    const next = others.map((value) => ({
      value: value.code === 'bakery' ? { ...bakery, title: 'Newer' } : value,
      digest: `2-${value.code}`,
    }));
    expect(await catalogue.seed('scenario', next, 2)).toBe(standing.length);
    expect(await catalogue.get('acme', 'scenario', 'bakery')).toMatchObject({
      version: 2,
      value: { title: 'Newer' },
    });
    expect(await all('acme')).not.toContain('doctor');
    expect(await seeds.migrate()).toBe(0);
    const back = standing.map(({ value }) => ({ value, digest: `3-${value.code}` }));
    expect(await catalogue.seed('scenario', back, 3)).toBe(standing.length);
    expect(await all('acme')).toContain('doctor');
  });

  it('shows a tenant its own copy instead of the platform’s, and other tenants nothing of it', async () => {
    const shared = await catalogue.get('acme', 'scenario', 'restaurant');
    expect(shared.isShared).toBe(true);
    const own = await catalogue.update('acme', 'scenario', 'restaurant', retitled('Our canteen'));
    expect(own).toMatchObject({ isShared: false, version: shared.version + 1 });
    expect(await catalogue.get('acme', 'scenario', 'restaurant')).toEqual(own);
    expect(await catalogue.get('globex', 'scenario', 'restaurant')).toEqual(shared);
    await catalogue.create('acme', 'scenario', aScenario('canteen'));
    expect(await catalogue.find('globex', 'scenario', 'canteen')).toBeUndefined();
    const missing = { code: 'catalogue.not_found' };
    await expect(catalogue.update('globex', 'scenario', 'canteen', retitled('Mine'))).rejects.toMatchObject(
      missing,
    );
    await expect(catalogue.delete('globex', 'scenario', 'canteen')).rejects.toMatchObject(missing);
    await expect(catalogue.versions('globex', 'scenario', 'canteen')).rejects.toMatchObject(missing);
    expect(await all('globex')).not.toContain('canteen');
    expect((await all('acme')).filter((code) => code === 'restaurant')).toHaveLength(1);
  });

  it('filters by what the tenant’s copy says, also where the platform’s says something else', async () => {
    await catalogue.update('acme', 'scenario', 'hotel', (value) => ({ ...value, level: 'C2' }));
    expect(await all('acme', { level: 'C2' })).toEqual(['hotel']);
    expect(await all('acme', { level: 'A2' })).not.toContain('hotel');
    expect(await all('globex', { level: 'A2' })).toContain('hotel');
    const french = await all('globex', { mode: 'pronunciation', language: 'fr' });
    expect(french).toEqual(['liaisons-fr']);
    expect(await all('globex', { language: 'fr' })).toContain('bakery');
  });

  it('is read page by page, each entry once, in the order of the codes', async () => {
    const codes: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await catalogue.page('acme', 'scenario', { after, limit: 7 });
      codes.push(...page.map(({ code }) => code));
      if (page.length < 7) break;
      after = codes.at(-1);
    }
    expect(codes).toEqual(await all('acme'));
    expect(codes).toEqual([...codes].sort());
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('takes one of ten changes made at once, and tells the others which version stands', async () => {
    await catalogue.create('acme', 'scenario', aScenario('rivals'));
    const change = (title: string) => catalogue.update('acme', 'scenario', 'rivals', retitled(title), 1);
    const rivals = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => change(`No. ${index}`)));
    const taken = rivals.filter((rival) => rival.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    for (const rival of rivals.filter((one) => one.status === 'rejected'))
      expect(rival.reason).toMatchObject({ code: 'catalogue.conflict', details: { version: 2 } });
    expect(await catalogue.get('acme', 'scenario', 'rivals')).toEqual(taken[0]!.value);
    // A copy of the platform's that is made twice at once.
    const copies = await Promise.allSettled(
      ['One', 'Other'].map((title) => catalogue.update('acme', 'scenario', 'flat-viewing', retitled(title))),
    );
    const statuses = copies.map(({ status }) => status);
    expect(statuses).toContain('fulfilled');
    const { version } = await catalogue.get('acme', 'scenario', 'flat-viewing');
    // One after the other both may be taken.
    expect(version).toBe(3 + statuses.filter((status) => status === 'fulfilled').length);
  });

  it('keeps the versions of an entry, and never counts one twice after it was deleted', async () => {
    await catalogue.create('acme', 'scenario', aScenario('kept', 'First'));
    await catalogue.update('acme', 'scenario', 'kept', retitled('Second'));
    const versions = await catalogue.versions('acme', 'scenario', 'kept');
    expect(versions.map(({ version, value }) => [version, value?.title])).toEqual([
      [2, 'Second'],
      [1, 'First'],
    ]);
    const exists = { code: 'catalogue.exists', details: { version: 2 } };
    await expect(catalogue.create('acme', 'scenario', aScenario('kept'))).rejects.toMatchObject(exists);
    await expect(catalogue.delete('acme', 'scenario', 'kept', 1)).rejects.toMatchObject({
      code: 'catalogue.conflict',
    });
    await catalogue.delete('acme', 'scenario', 'kept', 2);
    expect(await catalogue.find('acme', 'scenario', 'kept')).toBeUndefined();
    const again = await catalogue.create('acme', 'scenario', aScenario('kept', 'Third'));
    expect(again.version).toBe(4);
    const after = await catalogue.versions('acme', 'scenario', 'kept');
    expect(after.map(({ value }) => value?.title)).toEqual(['Third', undefined, 'Second', 'First']);
  });

  it('shows the platform’s entry again where a tenant deletes its copy, and does not delete the platform’s', async () => {
    await catalogue.update('acme', 'language', 'fi', (value) => ({ ...value, label: 'Suomi' }));
    await catalogue.delete('acme', 'language', 'fi');
    expect(await catalogue.get('acme', 'language', 'fi')).toMatchObject({
      isShared: true,
      version: 1,
      value: { label: 'Finnish' },
    });
    await expect(catalogue.delete('acme', 'language', 'fi')).rejects.toMatchObject({
      code: 'catalogue.shared',
    });
    const stale = { code: 'catalogue.conflict', details: { version: 1 } };
    const change = catalogue.update('acme', 'language', 'fi', (value) => value, 2);
    await expect(change).rejects.toMatchObject(stale);
    const copy = await catalogue.update('acme', 'language', 'fi', (value) => value, 1);
    expect(copy.version).toBe(4);
  });

  it('of a release that another replica brings is seen within seconds', async () => {
    const standing = await catalogue.page('acme', 'teaching_mode', { limit: 1_000 });
    const [first, ...others] = standing.map(({ value }) => ({ value, digest: `2-${value.code}` }));
    const other = new CatalogueRepository(store);
    await other.seed(
      'teaching_mode',
      [{ ...first!, value: { ...first!.value, label: 'Newer' } }, ...others],
      2,
    );
    await until(
      async () => (await catalogue.get('acme', 'teaching_mode', first!.value.code)).value.label === 'Newer',
    );
  });

  it('reads by its index alone', async () => {
    const indexes = await store.raw.collection('catalogue').indexes();
    expect(indexes.map(({ key }) => Object.keys(key).join())).toEqual(
      expect.arrayContaining(['_id', 'kind,tenant,code']),
    );
  });
});

describe('the languages that processes offer', () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  let offers: LanguageOfferRepository;

  beforeAll(async () => {
    server = await DocumentStoreServer.start();
    store = await StoreConnection.open({ mongodbUri: server.uri('offers'), name: 'test' }, silentLogger);
    offers = new LanguageOfferRepository(store);
    await offers.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  it('count while they are renewed, are any where one process takes any, and end when it stops or dies', async () => {
    const at = (seconds: number) => new Date(1_000_000 + seconds * 1_000);
    const known = (seconds: number) => offers.languagesOf('conversation', at(seconds));
    expect(await known(0)).toEqual(new Set());
    await offers.offer('conversation', 'one', ['en'], 60_000, at(0));
    expect(await known(1)).toEqual(new Set(['en']));
    await offers.offer('conversation', 'two', null, 60_000, at(30));
    expect(await known(31)).toBeNull();
    await offers.withdraw('conversation', 'two');
    expect(await known(32)).toEqual(new Set(['en']));
    expect(await known(61)).toEqual(new Set());
    expect(await offers.languagesOf('tts', at(1))).toEqual(new Set());
  });
});
