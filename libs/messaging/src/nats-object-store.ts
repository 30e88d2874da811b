import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { nanos, StorageType, type ObjectInfo, type ObjectStore as Bucket } from 'nats';
import type { ObjectReference } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { outsideCall, storeFault, withDeadline, type OutsideCall } from '@parlance/resilience';
import type { NatsConnection } from './nats-connection.js';
import { CONTENT_TYPE, NatsObjectWriter, objectMetaSubject } from './nats-object-writer.js';
import {
  OBJECT_STORE,
  ObjectStore,
  type ListedObject,
  type ObjectBody,
  type ObjectLimits,
  type StoredObject,
} from './object-store.js';

const REQUEST_TIMEOUT_MS = 5_000;
/** Objects that come and go, and are listed often, lie in a bucket of their own: a list reads the whole bucket. */
const SHORT_LIVED = 'sessions/';
const SHORT_LIVED_BUCKET = '-sessions';

/** A bucket of the client's, and our writer for it. */
interface OpenBucket {
  readonly name: string;
  readonly bucket: Bucket;
  readonly writer: NatsObjectWriter;
}

/** Objects in JetStream, in the NATS object store's own layout: any NATS client can read them. */
export class NatsObjectStore extends ObjectStore {
  private readonly call: OutsideCall = outsideCall({
    name: OBJECT_STORE,
    timeoutMs: REQUEST_TIMEOUT_MS,
    attempts: 3,
    // As of the message bus, which is the same server: once it is back, it is asked within a second.
    breaker: { failures: 20, halfOpenAfterMs: 1_000 },
  });

  private constructor(
    private readonly connection: NatsConnection,
    private readonly main: OpenBucket,
    private readonly shortLived: OpenBucket,
  ) {
    super();
  }

  /** Makes the buckets, or brings existing ones to these limits. A bucket that is full refuses what is put. */
  static async open(
    connection: NatsConnection,
    bucketName: string,
    limits: ObjectLimits = {},
  ): Promise<NatsObjectStore> {
    const [main, shortLived] = await Promise.all(
      [bucketName, `${bucketName}${SHORT_LIVED_BUCKET}`].map((name) => openBucket(connection, name, limits)),
    );
    return new NatsObjectStore(connection, main!, shortLived!);
  }

  override async put(key: string, body: ObjectBody, contentType: string): Promise<ObjectReference> {
    try {
      return await this.of(key).writer.write(key, body, contentType, () => this.info(key));
    } catch (error) {
      throw storeFault(OBJECT_STORE, error);
    }
  }

  override async head(key: string): Promise<ObjectReference | undefined> {
    const info = await this.info(key);
    return info && referenceOf(info);
  }

  override async get(key: string): Promise<StoredObject | undefined> {
    const info = await this.info(key);
    return (
      info && {
        reference: referenceOf(info),
        content: Readable.from(this.chunks(info), { objectMode: false }),
      }
    );
  }

  /** Leaves nothing behind, unlike the client's own delete, which keeps a message for every name there ever was. */
  override async delete(key: string): Promise<void> {
    const info = await this.info(key);
    if (!info) return;
    const { name } = this.of(key);
    for (const filter of [objectMetaSubject(name, key), `$O.${name}.C.${info.nuid}`])
      await this.stored(() => this.connection.manager.streams.purge(`OBJ_${name}`, { filter }));
  }

  /** Reads the descriptions of a whole bucket, one after the other. */
  override async *list(prefix: string): AsyncGenerator<ListedObject> {
    if (!prefix.startsWith(SHORT_LIVED)) yield* this.listIn(this.main, prefix);
    if (prefix.startsWith(SHORT_LIVED) || SHORT_LIVED.startsWith(prefix))
      yield* this.listIn(this.shortLived, prefix);
  }

  /** NATS has no addresses for clients. */
  override async presign(): Promise<undefined> {
    return undefined;
  }

  override async isReady(): Promise<boolean> {
    return this.connection.isReady();
  }

  private async *listIn({ bucket }: OpenBucket, prefix: string): AsyncGenerator<ListedObject> {
    // The client's own list holds all of them.
    const found = await this.stored(() => bucket.watch({ ignoreDeletes: true, includeHistory: true }));
    const infos = found[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await withDeadline(REQUEST_TIMEOUT_MS, infos.next(), () => {
          throw new AppError('store.unavailable', 'The object store could not be listed just now.');
        });
        // Null: what comes now is new.
        if (next.done || next.value === null) return;
        const { name, size, mtime } = next.value;
        if (name.startsWith(prefix)) yield { key: name, bytes: size, modifiedAt: new Date(mtime) };
      }
    } finally {
      found.stop();
    }
  }

  private of(key: string): OpenBucket {
    return key.startsWith(SHORT_LIVED) ? this.shortLived : this.main;
  }

  private async info(key: string): Promise<ObjectInfo | undefined> {
    const info = await this.stored(() => this.of(key).bucket.info(key));
    return info && !info.deleted ? info : undefined;
  }

  private async stored<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.call.execute(async () => {
        await this.connection.whenConnected();
        return this.connection.whileConnected(work);
      });
    } catch (error) {
      throw storeFault(OBJECT_STORE, error);
    }
  }

  /** Asks for one chunk after another, as the reader takes them; checks the whole against its digest at the end. */
  private async *chunks(info: ObjectInfo): AsyncGenerator<Uint8Array> {
    const digest = createHash('sha256');
    const { name } = this.of(info.name);
    const subject = `$O.${name}.C.${info.nuid}`;
    let sequence = 1;
    for (let chunk = 0; chunk < info.chunks; chunk += 1) {
      const message = await this.stored(() => this.chunkAfter(name, subject, sequence));
      digest.update(message.data);
      sequence = message.seq + 1;
      yield message.data;
    }
    if (`SHA-256=${digest.digest('base64url')}` !== info.digest.replace(/=+$/, ''))
      throw new AppError('store.unavailable', 'The stored object is damaged.');
  }

  /** The bucket's next message of a subject (NATS ADR-31, direct get; the client's types leave it out). */
  private async chunkAfter(
    bucket: string,
    subject: string,
    seq: number,
  ): Promise<{ data: Uint8Array; seq: number }> {
    const query = JSON.stringify({ next_by_subj: subject, seq });
    const timeout = REQUEST_TIMEOUT_MS;
    const found = await this.connection.raw.request(`$JS.API.DIRECT.GET.OBJ_${bucket}`, query, { timeout });
    // Replaced while it was being read, or a follower that has not got it yet: another try decides.
    if (!found.headers?.has('Nats-Sequence'))
      throw new AppError('store.unavailable', 'The object could not be read just now.');
    return { data: found.data, seq: Number(found.headers.get('Nats-Sequence')) };
  }
}

async function openBucket(
  connection: NatsConnection,
  name: string,
  { maxBytes = -1, maxAgeMs = 0 }: ObjectLimits,
): Promise<OpenBucket> {
  const bucket = await connection.jetStream.views.os(name, {
    storage: StorageType.File,
    description: 'Recordings and spoken replies',
  });
  const { streams } = connection.manager;
  const { config } = await streams.info(`OBJ_${name}`);
  const limits = { max_bytes: maxBytes, max_age: nanos(maxAgeMs) };
  if (config.max_bytes !== limits.max_bytes || config.max_age !== limits.max_age)
    await streams.update(`OBJ_${name}`, limits);
  return { name, bucket, writer: new NatsObjectWriter(connection, name) };
}

function referenceOf(info: ObjectInfo): ObjectReference {
  return {
    key: info.name,
    bytes: info.size,
    contentType: info.metadata?.[CONTENT_TYPE] ?? 'application/octet-stream',
  };
}
