export type { Reading, StoredActivity } from './activity-stream.js';
export { DeadLetters, type DeadLetter } from './dead-letters.js';
export { DEAD_LETTER_HEADERS, messageHeaders } from './message-headers.js';
export { Announcements, MessageBus } from './message-bus.js';
export type { WorkName, WorkPayloads } from './message.publisher.js';
export { MessagingModule, openS3ObjectStore, type MessagingOptions } from './messaging.module.js';
export { NatsConnection, type NatsConnectionOptions } from './nats-connection.js';
export { NatsObjectStore } from './nats-object-store.js';
export {
  ObjectStore,
  type ListedObject,
  type ObjectBody,
  type ObjectLimits,
  type StoredObject,
} from './object-store.js';
export type { S3Options } from './s3-object-store.provider.js';
export type { SessionEvent, SessionWatch } from './session-watch.js';
export { Postponed, type WorkContext, type WorkHandler, type WorkOptions } from './work-handler.js';
