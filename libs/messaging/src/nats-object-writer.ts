import { createHash } from 'node:crypto';
import { headers, nuid, type ObjectInfo } from 'nats';
import pMap from 'p-map';
import type { ObjectReference } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { NatsConnection } from './nats-connection.js';
import type { ObjectBody } from './object-store.js';
import { jetStreamErrorCode, STREAM_FULL } from './streams.js';

const CHUNK_BYTES = 128 * 1024;
/** Chunks on their way before the writer waits for the server. */
const CHUNKS_IN_FLIGHT = 8;
const PUBLISH_TIMEOUT_MS = 5_000;

/** Metadata field of an object's content type. */
export const CONTENT_TYPE = 'content-type';

/** Writes objects in the NATS object store's layout (ADR-20): chunks under a subject of their own, then one message that
 *  describes them and makes them the object of that name. The client's own writer queues a whole recording at once, hashes
 *  it in JavaScript, and lets a lost connection end the process by a rejection nobody can catch. */
export class NatsObjectWriter {
  constructor(
    private readonly connection: NatsConnection,
    private readonly bucket: string,
  ) {}

  /** @param standing what stands under the name now; its chunks go when the new ones are there */
  async write(
    name: string,
    body: ObjectBody,
    contentType: string,
    standing: () => Promise<ObjectInfo | undefined>,
  ): Promise<ObjectReference> {
    const id = nuid.next();
    // It is looked up while the chunks are written; where they cannot be, nobody asks for it.
    const before = standing();
    before.catch(() => undefined);
    try {
      const written = await this.writeChunks(id, body);
      const replaced = await before;
      await this.describe(name, id, contentType, written);
      if (replaced) await this.purge(replaced.nuid);
      return { key: name, contentType, bytes: written.size };
    } catch (error) {
      await this.purge(id);
      throw error;
    }
  }

  private async writeChunks(
    id: string,
    body: ObjectBody,
  ): Promise<{ size: number; chunks: number; digest: string }> {
    const digest = createHash('sha256');
    let size = 0;
    let chunks = 0;
    async function* read(): AsyncGenerator<Uint8Array> {
      for await (const part of body instanceof Uint8Array ? [body] : body) {
        for (let start = 0; start < part.byteLength; start += CHUNK_BYTES) {
          const chunk = part.subarray(start, start + CHUNK_BYTES);
          digest.update(chunk);
          size += chunk.byteLength;
          chunks += 1;
          yield chunk;
        }
      }
    }
    const subject = `$O.${this.bucket}.C.${id}`;
    const sent = new Set<Promise<void>>();
    const send = (chunk: Uint8Array): Promise<void> => {
      const sending = this.publish(subject, chunk).finally(() => sent.delete(sending));
      sent.add(sending);
      return sending;
    };
    // Chunks on their way when one is refused would land after the purge, and stay.
    await pMap(read(), send, { concurrency: CHUNKS_IN_FLIGHT }).finally(() => Promise.allSettled(sent));
    return { size, chunks, digest: `SHA-256=${padded(digest.digest())}` };
  }

  private async describe(
    name: string,
    nuidOfChunks: string,
    contentType: string,
    written: { size: number; chunks: number; digest: string },
  ): Promise<void> {
    const description = {
      ...{ name, bucket: this.bucket, nuid: nuidOfChunks, description: '', deleted: false },
      ...{ metadata: { [CONTENT_TYPE]: contentType }, options: { max_chunk_size: CHUNK_BYTES } },
      ...{ mtime: new Date().toISOString(), ...written },
    };
    const rollup = headers();
    rollup.set('Nats-Rollup', 'sub');
    await this.publish(
      objectMetaSubject(this.bucket, name),
      Buffer.from(JSON.stringify(description)),
      rollup,
    );
  }

  private async publish(subject: string, data: Uint8Array, withHeaders = headers()): Promise<void> {
    const options = { timeout: PUBLISH_TIMEOUT_MS, headers: withHeaders };
    try {
      await this.connection.whileConnected(() => this.connection.jetStream.publish(subject, data, options));
    } catch (cause) {
      if (!STREAM_FULL.has(jetStreamErrorCode(cause) ?? 0)) throw cause;
      throw new AppError('store.unavailable', 'The object store is full.', { cause, retryAfterSeconds: 60 });
    }
  }

  /** Chunks without a description are never found; that they take room is all that is lost when this fails. */
  private async purge(id: string): Promise<void> {
    const filter = { filter: `$O.${this.bucket}.C.${id}` };
    const { streams } = this.connection.manager;
    const purging = this.connection.whileConnected(() => streams.purge(`OBJ_${this.bucket}`, filter));
    await purging.catch(() => undefined);
  }
}

/** Subject of the message that describes an object. */
export function objectMetaSubject(bucket: string, name: string): string {
  return `$O.${bucket}.M.${padded(Buffer.from(name))}`;
}

/** base64url with its padding, as the layout has it. */
function padded(data: Buffer): string {
  return data.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
