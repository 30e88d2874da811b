import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { SessionRepository } from './session.repository.js';
import { StoreConnection } from './store-connection.js';
import { TurnRepository } from './turn.repository.js';

export interface PersistenceOptions {
  readonly mongodbUri: string;
  /** This process' name in the server's connection list. */
  readonly name: string;
}

@Injectable()
class PersistenceLifecycle implements OnApplicationShutdown {
  constructor(@Inject(StoreConnection) private readonly store: StoreConnection) {}

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}

/** Connects at start (a store that does not answer fails the start), makes collections and indexes, closes at the end.
 *  Provides StoreConnection (for readiness), SessionRepository and TurnRepository everywhere. */
@Module({})
export class PersistenceModule {
  static forRoot(options: PersistenceOptions): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        {
          provide: StoreConnection,
          inject: [LOGGER],
          useFactory: (logger: Logger) => StoreConnection.open(options, logger),
        },
        { provide: SessionRepository, inject: [StoreConnection], useFactory: initialized(SessionRepository) },
        { provide: TurnRepository, inject: [StoreConnection], useFactory: initialized(TurnRepository) },
        PersistenceLifecycle,
      ],
      exports: [StoreConnection, SessionRepository, TurnRepository],
    };
  }
}

/** A repository whose collection is there before anyone writes. */
function initialized<Repository extends { init(): Promise<void> }>(
  type: new (store: StoreConnection) => Repository,
): (store: StoreConnection) => Promise<Repository> {
  return async (store) => {
    const repository = new type(store);
    await repository.init();
    return repository;
  };
}
