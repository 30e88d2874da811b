import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { StorageType, type ObjectInfo, type ObjectStore as Bucket } from 'nats';
import type { ObjectReference } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { outsideCall, storeFault, type OutsideCall } from '@parlance/resilience';
import type { NatsConnection } from './nats-connection.js';
import { CONTENT_TYPE, NatsObjectWriter } from './nats-object-writer.js';
import { OBJECT_STORE, ObjectStore, type ObjectBody, type StoredObject } from './object-store.js';

const REQUEST_TIMEOUT_MS = 5_000;

/** Objects in JetStream, in the NATS object store's own layout: any NATS client can read them. */
export class NatsObjectStore extends ObjectStore {
  private readonly call: OutsideCall = outsideCall({
    name: OBJECT_STORE,
    timeoutMs: REQUEST_TIMEOUT_MS,
    attempts: 3,
  });

  private readonly writer: NatsObjectWriter;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly bucket: Bucket,
    private readonly bucketName: string,
  ) {
    super();
    this.writer = new NatsObjectWriter(connection, bucketName);
  }

  static async open(connection: NatsConnection, bucketName: string): Promise<NatsObjectStore> {
    const bucket = await connection.jetStream.views.os(bucketName, {
      storage: StorageType.File,
      description: 'Recordings and spoken replies',
    });
    return new NatsObjectStore(connection, bucket, bucketName);
  }

  override async put(key: string, body: ObjectBody, contentType: string): Promise<ObjectReference> {
    try {
      this.connection.assertConnected();
      return await this.writer.write(key, body, contentType, await this.info(key));
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

  override async delete(key: string): Promise<void> {
    if (await this.info(key)) await this.stored(() => this.bucket.delete(key));
  }

  override async isReady(): Promise<boolean> {
    return this.connection.isReady();
  }

  private async info(key: string): Promise<ObjectInfo | undefined> {
    const info = await this.stored(() => this.bucket.info(key));
    return info && !info.deleted ? info : undefined;
  }

  private async stored<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.call.execute(() => {
        this.connection.assertConnected();
        return work();
      });
    } catch (error) {
      throw storeFault(OBJECT_STORE, error);
    }
  }

  /** Asks for one chunk after another, as the reader takes them; checks the whole against its digest at the end. */
  private async *chunks(info: ObjectInfo): AsyncGenerator<Uint8Array> {
    const digest = createHash('sha256');
    const subject = `$O.${this.bucketName}.C.${info.nuid}`;
    let sequence = 1;
    for (let chunk = 0; chunk < info.chunks; chunk += 1) {
      const message = await this.stored(() => this.chunkAfter(subject, sequence));
      digest.update(message.data);
      sequence = message.seq + 1;
      yield message.data;
    }
    if (`SHA-256=${digest.digest('base64url')}` !== info.digest.replace(/=+$/, ''))
      throw new AppError('store.unavailable', 'The stored object is damaged.');
  }

  /** The stream's next message of a subject (NATS ADR-31, direct get; the client's types leave it out). */
  private async chunkAfter(subject: string, seq: number): Promise<{ data: Uint8Array; seq: number }> {
    const query = JSON.stringify({ next_by_subj: subject, seq });
    const timeout = REQUEST_TIMEOUT_MS;
    const found = await this.connection.raw.request(`$JS.API.DIRECT.GET.OBJ_${this.bucketName}`, query, {
      timeout,
    });
    // Replaced while it was being read, or a follower that has not got it yet: another try decides.
    if (!found.headers?.has('Nats-Sequence'))
      throw new AppError('store.unavailable', 'The object could not be read just now.');
    return { data: found.data, seq: Number(found.headers.get('Nats-Sequence')) };
  }
}

function referenceOf(info: ObjectInfo): ObjectReference {
  return {
    key: info.name,
    bytes: info.size,
    contentType: info.metadata?.[CONTENT_TYPE] ?? 'application/octet-stream',
  };
}
