import type { OnApplicationShutdown } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection, mongo, type Connection, type Model } from 'mongoose';
import type { CertificatePaths } from '@parlance/config';
import { AppError, isAppError } from '@parlance/errors';
import { atMost, outsideCall, storeFault } from '@parlance/resilience';
import type { Logger } from '@parlance/telemetry';

export interface StoreConnectionOptions {
  readonly mongodbUri: string;
  /** Used where the URI says `tls=true`. */
  readonly tls?: CertificatePaths | undefined;
  /** Shown in the server's connection list. */
  readonly name: string;
  /** How long the first connection may take, without a limit where it is not said. */
  readonly connectTimeoutMs?: number;
}

/** As its faults name it. */
const DOCUMENT_STORE = 'The document store';
/** How long an operation waits for a server that can take it. */
const SERVER_SELECTION_MS = 3_000;
const OPERATION_MS = 5_000;
/** Of one attempt to connect at the start, and the pause before the next. */
const FIRST_SELECTION_MS = 20_000;
/** Longest wait for the indexes of a collection, at a start. */
const INDEXES_MS = 900_000;
const RETRY_MS = 500;
const CLOSE_LIMIT_MS = 2_000;

/** One pool of connections to the document store, and the one way its operations are called. */
export class StoreConnection implements OnApplicationShutdown {
  private readonly call = outsideCall({
    name: DOCUMENT_STORE,
    timeoutMs: OPERATION_MS,
    usesSignal: false,
    attempts: 3,
    breaker: { failures: 10, halfOpenAfterMs: 2_000 },
    isRetryable: isTransient,
  });

  private constructor(readonly raw: Connection) {}

  static async open(options: StoreConnectionOptions, logger: Logger): Promise<StoreConnection> {
    const until = Date.now() + (options.connectTimeoutMs ?? Infinity);
    for (;;) {
      try {
        return new StoreConnection(await firstConnection(options, logger));
      } catch (cause) {
        if (Date.now() >= until)
          throw new AppError('store.unavailable', 'The document store did not accept a connection.', {
            cause,
          });
        logger.warn({ err: cause }, 'document store does not accept a connection, trying again');
        await delay(RETRY_MS);
      }
    }
  }

  /** Runs an idempotent operation with deadline, retries and breaker.
   *  @throws AppError its own, or store.unavailable */
  async run<T>(operation: () => PromiseLike<T>): Promise<T> {
    try {
      return await this.call.execute(async () => operation());
    } catch (error) {
      const cause = isAppError(error) ? error.cause : error;
      throw isDuplicate(cause) ? cause : storeFault(DOCUMENT_STORE, error);
    }
  }

  /** Makes a collection and its indexes, where they are not there yet: all by one command, for which the store reads the documents once.
   *  Indexes over many documents take longer than an operation may: they are asked for again until they are there.
   *  @throws AppError store.unavailable */
  async prepare<T>(model: Model<T>): Promise<void> {
    await this.run(() => model.createCollection());
    const indexes = model.schema.indexes().map(([key, { unique, sparse }]) => ({
      key,
      ...(unique ? { unique } : {}),
      ...(sparse ? { sparse } : {}),
    }));
    if (indexes.length === 0) return;
    const until = Date.now() + INDEXES_MS;
    for (;;) {
      try {
        await this.run(() => model.collection.createIndexes(indexes as mongo.IndexDescription[]));
        return;
      } catch (error) {
        if (!isAppError(error) || !error.retryable || Date.now() >= until) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  async isReady(timeoutMs = 1_000): Promise<boolean> {
    try {
      await this.raw.db?.command({ ping: 1 }, { timeoutMS: timeoutMs });
      return this.raw.readyState === 1;
    } catch {
      return false;
    }
  }

  /** A store that does not answer is not waited for. */
  async close(): Promise<void> {
    if (await atMost(CLOSE_LIMIT_MS, this.raw.close())) return;
    await atMost(CLOSE_LIMIT_MS, this.raw.close(true));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}

async function firstConnection(options: StoreConnectionOptions, logger: Logger): Promise<Connection> {
  const { mongodbUri, name, tls, connectTimeoutMs = Infinity } = options;
  const connection = createConnection(mongodbUri, {
    appName: `parlance-${name}`,
    ...(tls && /[?&](tls|ssl)=true\b/.test(mongodbUri) ? tlsOptions(tls) : {}),
    serverSelectionTimeoutMS: Math.min(connectTimeoutMs, FIRST_SELECTION_MS),
    connectTimeoutMS: SERVER_SELECTION_MS,
    socketTimeoutMS: 2 * OPERATION_MS,
    maxPoolSize: 20,
    waitQueueTimeoutMS: SERVER_SELECTION_MS,
    // An operation while the store is away fails and says so; it does not queue in memory.
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
  });
  connection.on('disconnected', () => logger.warn('document store connection lost'));
  connection.on('reconnected', () => logger.info('document store connection is back'));
  try {
    return await connection.asPromise();
  } catch (cause) {
    await connection.destroy().catch(() => undefined);
    throw cause;
  }
}

function tlsOptions({ cert, key, ca }: CertificatePaths): { cert: Buffer; key: Buffer; ca?: Buffer } {
  const files = { cert: readFileSync(cert), key: readFileSync(key) };
  return ca === undefined ? files : { ...files, ca: readFileSync(ca) };
}

/** Whether a unique index refused the write (servers differ in what else they say). */
export function isDuplicate(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 11000;
}

/** What another try may cure: lost connections and a server that is changing its mind, not refused writes. */
function isTransient(error: unknown): boolean {
  if (isAppError(error)) return error.retryable;
  if (error instanceof mongo.MongoNetworkError || error instanceof mongo.MongoServerSelectionError)
    return true;
  if (error instanceof mongo.MongoError)
    return error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('TransientTransactionError');
  return false;
}
