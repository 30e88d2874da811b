export { PersistenceModule, type PersistenceOptions } from './persistence.module.js';
export { SessionRepository } from './session.repository.js';
export type { SessionRecord } from './session.schema.js';
export { StoreConnection, type StoreConnectionOptions } from './store-connection.js';
export { TurnRepository, type PastExchange } from './turn.repository.js';
export type {
  DraftSentence,
  TurnFailure,
  TurnRecord,
  TurnReply,
  TurnSpeech,
  TurnState,
} from './turn.schema.js';
