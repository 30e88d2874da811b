import { type DynamicModule, Module } from '@nestjs/common';
import type { CertificatePaths } from '@parlance/config';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { MessageBus } from './message-bus.js';
import { NatsConnection } from './nats-connection.js';
import { NatsObjectStore } from './nats-object-store.js';
import { ObjectStore, type ObjectLimits } from './object-store.js';
import type { S3Options } from './s3-object-store.provider.js';

/** Bucket of the NATS object store. */
const NATS_BUCKET = 'parlance';

export interface MessagingOptions {
  readonly natsUrl: string;
  /** This process' name in the server's connection list. */
  readonly name: string;
  /** PEM files: what this process shows a bus that is reached by TLS, and the authority that the bus must have its certificate from. */
  readonly tls?: CertificatePaths | undefined;
  /** Where objects are kept; without it, in the NATS object store. */
  readonly s3?: S3Options;
  /** What the NATS object store may hold; a bucket's limits are kept by whoever sweeps it. */
  readonly objectLimits?: ObjectLimits;
}

/** Loads the S3 SDK only where a bucket is configured: its import costs every process some 35 MiB. */
export async function openS3ObjectStore(options: S3Options): Promise<ObjectStore> {
  const { S3ObjectStore } = await import('./s3-object-store.provider.js');
  return new S3ObjectStore(options);
}

/** Connects at start (and waits for a bus that does not answer: no restart brings it back), makes the streams, drains and closes at the end.
 *  Provides MessageBus and ObjectStore everywhere. */
@Module({})
export class MessagingModule {
  static forRoot(options: MessagingOptions): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      providers: [
        // Made by factories because making them takes time: what they are injected into is made afterwards.
        {
          provide: NatsConnection,
          inject: [LOGGER],
          useFactory: (logger: Logger) => NatsConnection.open(options, logger),
        },
        MessageBus,
        {
          provide: ObjectStore,
          inject: [NatsConnection],
          useFactory: (connection: NatsConnection) =>
            options.s3
              ? openS3ObjectStore(options.s3)
              : NatsObjectStore.open(connection, NATS_BUCKET, options.objectLimits),
        },
      ],
      exports: [MessageBus, ObjectStore],
    };
  }
}
