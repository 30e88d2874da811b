export { MessageBus } from './message-bus.js';
export type { WorkName, WorkPayloads } from './message.publisher.js';
export { MessagingModule, type MessagingOptions } from './messaging.module.js';
export { NatsConnection, type NatsConnectionOptions } from './nats-connection.js';
export { NatsObjectStore } from './nats-object-store.js';
export { ObjectStore, type ObjectBody, type StoredObject } from './object-store.js';
export { openS3ObjectStore } from './open-s3-object-store.js';
export { s3OptionsFrom, type S3Options } from './s3-options.js';
export type { SessionEvent, SessionWatch } from './session-watch.js';
export {
  Postponed,
  workOptionsFrom,
  type WorkContext,
  type WorkHandler,
  type WorkOptions,
} from './work-handler.js';
