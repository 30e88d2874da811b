import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NatsConnection, NatsObjectStore, openS3ObjectStore, type ObjectStore } from '@parlance/messaging';
import { collect } from '../support/collect.js';
import { NatsServer } from '../support/nats.js';
import { RealS3Server } from '../support/real-s3.js';
import { S3Server } from '../support/s3.js';
import { silentLogger } from '../support/silent-logger.js';

interface OpenStore {
  readonly store: ObjectStore;
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

async function openNats(): Promise<OpenStore> {
  const server = await NatsServer.start();
  const connection = await NatsConnection.open({ natsUrl: server.url, name: 'test' }, silentLogger);
  const store = await NatsObjectStore.open(connection, 'parlance');
  const close = async (): Promise<void> => {
    await connection.close();
    await server.stop();
  };
  return { store, stopServer: () => server.down(), close };
}

function s3Store(server: S3Server, secretAccessKey = S3Server.secretAccessKey): Promise<ObjectStore> {
  const { endpoint } = server;
  const { bucket, accessKeyId } = S3Server;
  return openS3ObjectStore({ bucket, region: 'eu-west-1', endpoint, accessKeyId, secretAccessKey });
}

async function openS3(): Promise<OpenStore> {
  const server = await RealS3Server.start();
  const stop = (): Promise<void> => server.stop();
  return { store: await openS3ObjectStore(server.options), stopServer: stop, close: async () => undefined };
}

async function* inParts(data: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < data.length; start += bytes) yield data.subarray(start, start + bytes);
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

describe.each([
  ['NATS', openNats],
  ['S3', openS3],
])('objects in %s', (_name, openStore) => {
  let open: OpenStore;
  let store: ObjectStore;

  beforeAll(async () => {
    open = await openStore();
    store = open.store;
  });
  afterAll(() => open.close());

  it('come back as they were put, with their type and size', async () => {
    const body = randomBytes(300_000);
    const reference = await store.put('recordings/a b.flac', body, 'audio/flac');
    expect(reference).toEqual({ key: 'recordings/a b.flac', contentType: 'audio/flac', bytes: 300_000 });
    expect(await store.head('recordings/a b.flac')).toEqual(reference);
    const found = await store.get('recordings/a b.flac');
    expect(found?.reference).toEqual(reference);
    expect(sha256(await buffer(found!.content))).toBe(sha256(body));
  });

  it('may be put while they come, longer than any one message or part', async () => {
    const body = randomBytes(11_000_000);
    const reference = await store.put('recordings/long.wav', inParts(body, 700_001), 'audio/wav');
    expect(reference.bytes).toBe(11_000_000);
    expect(sha256(await buffer((await store.get('recordings/long.wav'))!.content))).toBe(sha256(body));
  });

  it('are replaced by a second put under the same key', async () => {
    await store.put('k', Buffer.from('one'), 'text/plain');
    await store.put('k', Buffer.from('two!'), 'text/plain');
    expect((await buffer((await store.get('k'))!.content)).toString()).toBe('two!');
  });

  it('may be empty', async () => {
    await store.put('empty', Buffer.alloc(0), 'text/plain');
    expect((await buffer((await store.get('empty'))!.content)).length).toBe(0);
  });

  it('stay as they were when a put breaks off', async () => {
    await store.put('broken', Buffer.from('whole'), 'text/plain');
    const breaking = (async function* () {
      yield randomBytes(200_000);
      throw new Error('the client went away');
    })();
    await expect(store.put('broken', breaking, 'text/plain')).rejects.toMatchObject({
      code: 'store.unavailable',
    });
    expect((await buffer((await store.get('broken'))!.content)).toString()).toBe('whole');
  });

  it('are absent when never put or deleted', async () => {
    expect(await store.get('nothing')).toBeUndefined();
    expect(await store.head('nothing')).toBeUndefined();
    await store.delete('nothing');
    await store.put('gone', Buffer.from('x'), 'text/plain');
    await store.delete('gone');
    expect(await store.get('gone')).toBeUndefined();
  });

  it('are listed by the beginning of their keys, more than one page of them', async () => {
    const keys = Array.from({ length: 1_010 }, (_, index) => `sessions/${1_000 + index}/chunk`);
    const begun = Date.now();
    for (let from = 0; from < keys.length; from += 50)
      await Promise.all(
        keys.slice(from, from + 50).map((key) => store.put(key, Buffer.from('abc'), 'text/plain')),
      );
    await store.put('session-like', Buffer.from('x'), 'text/plain');
    await store.delete('sessions/1500/chunk');
    const found = await collect(store.list('sessions/'));
    expect(found.map(({ key }) => key).sort()).toEqual(keys.filter((key) => key !== 'sessions/1500/chunk'));
    expect(found[0]).toMatchObject({ bytes: 3 });
    expect(found.every(({ modifiedAt }) => Math.abs(modifiedAt.getTime() - begun) < 60_000)).toBe(true);
    expect(await collect(store.list('sessions/1501/'))).toHaveLength(1);
    expect(await collect(store.list('nothing/'))).toEqual([]);
    expect((await collect(store.list('session'))).length).toBe(found.length + 1);
  }, 60_000);

  it('are refused by code, retryable, when the store is away', async () => {
    expect(await store.isReady()).toBe(true);
    await open.stopServer();
    expect(await store.isReady()).toBe(false);
    const put = store.put('late', Buffer.from('x'), 'text/plain');
    await expect(put).rejects.toMatchObject({ code: 'store.unavailable', retryable: true });
    await expect(store.get('k')).rejects.toMatchObject({ code: 'store.unavailable', retryable: true });
  }, 20_000);
});

describe('a link to an object in S3', () => {
  let server: RealS3Server;
  beforeAll(async () => {
    server = await RealS3Server.start();
  });
  afterAll(() => server.stop());

  it('lets anybody read it until it expires, and nothing else', async () => {
    const store = await openS3ObjectStore(server.options);
    await store.put('recordings/a.flac', Buffer.from('sound'), 'audio/flac');
    await store.put('recordings/b.flac', Buffer.from('other'), 'audio/flac');
    const url = (await store.presign('recordings/a.flac', 2)) ?? '';
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'audio/flac']);
    expect(await answer.text()).toBe('sound');
    expect((await fetch(url.replace('a.flac', 'b.flac'))).status).toBe(403);
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    expect((await fetch(url)).status).toBe(403);
  }, 20_000);

  it('begins with the address that clients reach the store by', async () => {
    const store = await openS3ObjectStore({ ...server.options, publicEndpoint: 'https://s3.example' });
    expect(await store.presign('recordings/a.flac', 60)).toMatch(
      /^https:\/\/s3\.example\/parlance\/recordings/,
    );
  });
});

describe('a NATS store', () => {
  let server: NatsServer;
  let connection: NatsConnection;
  beforeAll(async () => {
    server = await NatsServer.start();
    connection = await NatsConnection.open({ natsUrl: server.url, name: 'test' }, silentLogger);
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  it('holds no more than its size, and says so; what is put again or removed leaves nothing behind', async () => {
    const store = await NatsObjectStore.open(connection, 'small', { maxBytes: 300_000, maxAgeMs: 3_600_000 });
    const { streams } = connection.manager;
    expect((await streams.info('OBJ_small')).config).toMatchObject({ max_bytes: 300_000, max_age: 3600e9 });
    await store.put('a', randomBytes(200_000), 'audio/flac');
    await expect(store.put('b', randomBytes(200_000), 'audio/flac')).rejects.toMatchObject({
      code: 'store.unavailable',
      message: 'The object store is full.',
    });
    await store.delete('a');
    expect((await streams.info('OBJ_small')).state.messages).toBe(0);
    await store.put('b', randomBytes(200_000), 'audio/flac');
    await NatsObjectStore.open(connection, 'small');
    expect((await streams.info('OBJ_small')).config).toMatchObject({ max_bytes: -1, max_age: 0 });
    expect(await store.presign()).toBeUndefined();
  });

  it('keeps objects in the layout of the NATS object store: its own client reads and writes them', async () => {
    const store = await NatsObjectStore.open(connection, 'parlance');
    const body = randomBytes(400_000);
    await store.put('speech/a b.mp3', body, 'audio/mpeg');
    const bucket = await connection.jetStream.views.os('parlance');
    // The client checks the digest.
    const read = await bucket.getBlob('speech/a b.mp3');
    expect(read && sha256(Buffer.from(read))).toBe(sha256(body));
    await bucket.putBlob({ name: 'theirs' }, body);
    expect(sha256(await buffer((await store.get('theirs'))!.content))).toBe(sha256(body));
  });

  it('refuses at once what is on its way when the server dies, and takes it when that is back', async () => {
    const store = await NatsObjectStore.open(connection, 'dying');
    let diedAt = Infinity;
    async function* dying(): AsyncGenerator<Buffer> {
      yield randomBytes(10_000);
      server.freeze();
      yield randomBytes(10_000);
      await server.down('SIGKILL');
      diedAt = performance.now();
    }
    await expect(store.put('a', dying(), 'audio/flac')).rejects.toMatchObject({ code: 'store.unavailable' });
    expect(performance.now() - diedAt).toBeLessThan(1_000);
    await server.up();
    await connection.whenConnected(10_000);
    expect(await store.put('a', randomBytes(10_000), 'audio/flac')).toMatchObject({ bytes: 10_000 });
  }, 30_000);
});

describe('an S3 store', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await S3Server.start();
  });
  afterAll(() => server.stop());

  it('signs its requests: a wrong secret is refused and not tried again', async () => {
    const stranger = await s3Store(server, 'wrong');
    const before = server.requests;
    const put = stranger.put('k', Buffer.from('x'), 'text/plain');
    await expect(put).rejects.toMatchObject({ code: 'store.unavailable' });
    expect(server.requests - before).toBe(1);
    expect(server.objects.size).toBe(0);
  });

  it('tries again what a busy store refuses', async () => {
    server.failures = 2;
    await (await s3Store(server)).put('k', Buffer.from('x'), 'text/plain');
    expect(server.objects.get('k')?.body.toString()).toBe('x');
  });
});
