import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NatsConnection, NatsObjectStore, openS3ObjectStore, type ObjectStore } from '@parlance/messaging';
import { NatsServer } from '../support/nats.js';
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
  const server = await S3Server.start();
  const stop = (): Promise<void> => server.stop();
  return { store: await s3Store(server), stopServer: stop, close: async () => undefined };
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

  it('are refused by code, retryable, when the store is away', async () => {
    expect(await store.isReady()).toBe(true);
    await open.stopServer();
    expect(await store.isReady()).toBe(false);
    const put = store.put('late', Buffer.from('x'), 'text/plain');
    await expect(put).rejects.toMatchObject({ code: 'store.unavailable', retryable: true });
    await expect(store.get('k')).rejects.toMatchObject({ code: 'store.unavailable', retryable: true });
  }, 20_000);
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
