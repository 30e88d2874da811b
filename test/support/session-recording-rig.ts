import {
  MessageBus,
  NatsConnection,
  NatsObjectStore,
  type ObjectLimits,
  type ObjectStore,
} from '@parlance/messaging';
import {
  ClosingSummaryRepository,
  KeptSpeechRepository,
  LeaseRepository,
  SessionRepository,
  StoreConnection,
  TurnRepository,
} from '@parlance/persistence';
import type { Logger } from '@parlance/telemetry';
import { gatewaySchema } from '@parlance/gateway/gateway.config';
import { RecordingCards } from '@parlance/gateway/recordings/recording-cards';
import { RecordingSweeper } from '@parlance/gateway/recordings/recording-sweeper.service';
import { SessionAudio } from '@parlance/gateway/recordings/session-audio.service';
import { SessionChunks } from '@parlance/gateway/recordings/session-chunks';
import { SessionDeletion } from '@parlance/gateway/recordings/session-deletion.service';
import { SessionLeases } from '@parlance/gateway/recordings/session-leases.service';
import { SessionRecordings } from '@parlance/gateway/recordings/session-recordings.service';
import { StorageLimits } from '@parlance/gateway/recordings/storage-limits.service';
import { StorageStatisticsService } from '@parlance/gateway/recordings/storage-statistics.service';
import { RecordingStore } from '@parlance/gateway/turns/recording-store';
import { DocumentStoreServer } from './mongo.js';
import { NatsServer } from './nats.js';
import { uncountedBytes } from './unlimited.js';
import { silentLogger } from './silent-logger.js';

/** The recordings of one gateway replica. */
export interface Replica {
  readonly chunks: SessionChunks;
  readonly recordings: SessionRecordings;
  readonly deletion: SessionDeletion;
  readonly limits: StorageLimits;
  readonly statistics: StorageStatisticsService;
  readonly sweeper: RecordingSweeper;
}

/** Recordings of sessions over a real bus and document store, without the gateway's APIs. */
export class SessionRecordingRig {
  private constructor(
    readonly nats: NatsServer,
    private readonly mongo: DocumentStoreServer,
    readonly connection: NatsConnection,
    readonly bus: MessageBus,
    private readonly store: StoreConnection,
    readonly sessions: SessionRepository,
    readonly turns: TurnRepository,
    readonly leases: LeaseRepository,
    readonly keptSpeech: KeptSpeechRepository,
  ) {}

  static async start(): Promise<SessionRecordingRig> {
    const [nats, mongo] = await Promise.all([NatsServer.start(), DocumentStoreServer.start()]);
    const connection = await NatsConnection.open({ natsUrl: nats.url, name: 'test' }, silentLogger);
    const bus = new MessageBus(connection, silentLogger);
    await bus.onModuleInit();
    const store = await StoreConnection.open(
      { mongodbUri: mongo.uri('recordings'), name: 'test' },
      silentLogger,
    );
    const [sessions, turns, leases, keptSpeech] = [
      new SessionRepository(store),
      new TurnRepository(store),
      new LeaseRepository(store),
      new KeptSpeechRepository(store),
    ];
    for (const repository of [sessions, turns, leases, keptSpeech]) await repository.onModuleInit();
    return new SessionRecordingRig(nats, mongo, connection, bus, store, sessions, turns, leases, keptSpeech);
  }

  openStore(limits?: ObjectLimits): Promise<ObjectStore> {
    return NatsObjectStore.open(this.connection, 'parlance', limits);
  }

  /** One more replica over the same stores. */
  replica(objects: ObjectStore, environment: Readonly<Record<string, string>> = {}): Replica {
    const config = gatewaySchema.parse(environment);
    const logger = silentLogger as Logger;
    const { sessions, turns, bus, keptSpeech } = this;
    const chunks = new SessionChunks(objects);
    const leases = new SessionLeases(this.leases);
    const recordings = new SessionRecordings(
      chunks,
      new RecordingCards(objects),
      new RecordingStore(objects, uncountedBytes, config),
      leases,
      objects,
      sessions,
      uncountedBytes,
      config,
      logger,
    );
    const summaries = new ClosingSummaryRepository(this.store);
    const deletion = new SessionDeletion(
      sessions,
      turns,
      summaries,
      new SessionAudio(recordings, turns, keptSpeech, objects, uncountedBytes),
      leases,
      bus,
      logger,
    );
    const limits = new StorageLimits(objects, sessions, deletion, uncountedBytes, config, logger);
    const sweeper = new RecordingSweeper(chunks, recordings, limits, leases, config, logger);
    const statistics = new StorageStatisticsService(objects, chunks, turns);
    return { chunks, recordings, deletion, limits, statistics, sweeper };
  }

  /** Makes a session one of a user, as whoever opens it does. */
  async setUser(session: string, user: string): Promise<void> {
    const filter = { _id: session } as object;
    await this.store.raw.collection('sessions').updateOne(filter, { $set: { user } });
  }

  async stop(): Promise<void> {
    await this.bus.close();
    await this.store.close();
    await Promise.all([this.nats.stop(), this.mongo.stop()]);
  }
}
