import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ObjectReference } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { outsideCall, storeFault } from '@parlance/resilience';
import {
  OBJECT_STORE,
  ObjectStore,
  type ListedObject,
  type ObjectBody,
  type StoredObject,
} from './object-store.js';

/** An S3 bucket, Amazon's or another store's. */
export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** For other stores than Amazon's, e.g. `https://minio.internal:9000`. */
  readonly endpoint?: string;
  /** The same store as clients reach it, for links; by default the endpoint. */
  readonly publicEndpoint?: string;
  /** Without keys the SDK's own chain finds credentials. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

/** S3 asks for parts of at least this size. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_IN_FLIGHT = 2;

/** Objects in an S3 bucket, which must exist. Without keys the SDK's own chain finds credentials. */
export class S3ObjectStore extends ObjectStore {
  private readonly client: S3Client;
  /** Signs links; it never connects. */
  private readonly linker: S3Client;
  private readonly call = outsideCall({
    name: OBJECT_STORE,
    timeoutMs: 10_000,
    attempts: 3,
    isRetryable,
  });

  constructor(private readonly options: S3Options) {
    super();
    this.client = clientOf(options);
    const { publicEndpoint } = options;
    this.linker = publicEndpoint ? clientOf({ ...options, endpoint: publicEndpoint }) : this.client;
  }

  override async put(key: string, body: ObjectBody, contentType: string): Promise<ObjectReference> {
    return body instanceof Uint8Array
      ? this.putBytes(key, body, contentType)
      : this.putStream(key, body, contentType);
  }

  override async head(key: string): Promise<ObjectReference | undefined> {
    return this.unlessMissing(async (signal) => {
      const found = await this.client.send(new HeadObjectCommand(this.at(key)), { abortSignal: signal });
      return referenceOf(key, found);
    });
  }

  override async get(key: string): Promise<StoredObject | undefined> {
    // The signal is not handed on: it would end with the call, while the content is still being read.
    return this.unlessMissing(async () => {
      const found = await this.client.send(new GetObjectCommand(this.at(key)));
      return { reference: referenceOf(key, found), content: found.Body as Readable };
    });
  }

  override async delete(key: string): Promise<void> {
    await this.unlessMissing((signal) =>
      this.client.send(new DeleteObjectCommand(this.at(key)), { abortSignal: signal }),
    );
  }

  override async *list(prefix: string): AsyncGenerator<ListedObject> {
    for (let token: string | undefined, isFirst = true; isFirst || token; isFirst = false) {
      const command = new ListObjectsV2Command({
        ...{ Bucket: this.options.bucket, Prefix: prefix },
        ...(token ? { ContinuationToken: token } : {}),
      });
      const page = await this.unlessMissing((signal) => this.client.send(command, { abortSignal: signal }));
      for (const { Key: key, Size: bytes = 0, LastModified: modifiedAt = new Date(0) } of page?.Contents ??
        [])
        if (key !== undefined) yield { key, bytes, modifiedAt };
      token = page?.NextContinuationToken;
    }
  }

  override async presign(key: string, expiresInSeconds: number): Promise<string> {
    try {
      const command = new GetObjectCommand(this.at(key));
      return await getSignedUrl(this.linker, command, { expiresIn: expiresInSeconds });
    } catch (error) {
      throw storeFault(OBJECT_STORE, error);
    }
  }

  override async isReady(): Promise<boolean> {
    try {
      const command = new HeadBucketCommand({ Bucket: this.options.bucket });
      await this.client.send(command, { abortSignal: AbortSignal.timeout(2_000) });
      return true;
    } catch {
      return false;
    }
  }

  private async putBytes(key: string, body: Uint8Array, contentType: string): Promise<ObjectReference> {
    const command = new PutObjectCommand({ ...this.at(key), Body: body, ContentType: contentType });
    await this.stored(this.call.execute(({ signal }) => this.client.send(command, { abortSignal: signal })));
    return { key, contentType, bytes: body.byteLength };
  }

  /** A body of unknown length goes up in parts; it can be read only once, so only its parts could be tried again. */
  private async putStream(
    key: string,
    body: AsyncIterable<Uint8Array>,
    contentType: string,
  ): Promise<ObjectReference> {
    let bytes = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const part of body) {
        bytes += part.byteLength;
        yield part;
      }
    };
    const upload = new Upload({
      client: this.client,
      params: {
        ...this.at(key),
        Body: Readable.from(counted(), { objectMode: false }),
        ContentType: contentType,
      },
      partSize: PART_BYTES,
      queueSize: PARTS_IN_FLIGHT,
    });
    await this.stored(upload.done());
    return { key, contentType, bytes };
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.options.bucket, Key: key };
  }

  private async unlessMissing<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.call.execute(({ signal }) => work(signal));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw storeFault(OBJECT_STORE, error);
    }
  }

  private async stored(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw storeFault(OBJECT_STORE, error);
    }
  }
}

function clientOf({ region, endpoint, accessKeyId, secretAccessKey }: S3Options): S3Client {
  return new S3Client({
    region,
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    // Retries are this class' own, and other stores do not know the newer checksums.
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** Status of the answer, also under the fault an exhausted call makes of it. */
function statusOf(error: unknown): number | undefined {
  const fault = error instanceof AppError ? error.cause : error;
  return fault instanceof S3ServiceException ? fault.$metadata.httpStatusCode : undefined;
}

function isRetryable(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status === 429 || status >= 500;
}

function referenceOf(key: string, found: { ContentType?: string; ContentLength?: number }): ObjectReference {
  return {
    key,
    contentType: found.ContentType ?? 'application/octet-stream',
    bytes: found.ContentLength ?? 0,
  };
}
