import { type DynamicModule, Module } from '@nestjs/common';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { SessionRepository } from './session.repository.js';
import { StoreConnection } from './store-connection.js';
import { TurnRepository } from './turn.repository.js';

export interface PersistenceOptions {
  readonly mongodbUri: string;
  /** This process' name in the server's connection list. */
  readonly name: string;
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
        // By a factory because connecting takes time: the repositories are made afterwards.
        {
          provide: StoreConnection,
          inject: [LOGGER],
          useFactory: (logger: Logger) => StoreConnection.open(options, logger),
        },
        SessionRepository,
        TurnRepository,
      ],
      exports: [StoreConnection, SessionRepository, TurnRepository],
    };
  }
}
