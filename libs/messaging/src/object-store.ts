import type { Readable } from 'node:stream';
import type { ObjectReference } from '@parlance/contracts';

/** As its faults name it. */
export const OBJECT_STORE = 'The object store';

export interface StoredObject {
  readonly reference: ObjectReference;
  /** The content, read as it is consumed; an unread stream is to be destroyed. */
  readonly content: Readable;
}

/** An object as a list has it. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** What a store may hold; undefined: no limit. */
export interface ObjectLimits {
  readonly maxBytes?: number | undefined;
  readonly maxAgeMs?: number | undefined;
}

/** What is put: bytes at hand, or bytes as they come. */
export type ObjectBody = Uint8Array | AsyncIterable<Uint8Array>;

/** Recordings and spoken replies, by key. Keys are paths of ASCII letters, digits, `-`, `_`, `.` and `/`. */
export abstract class ObjectStore {
  /** Stores the whole body under the key, replacing what was there; a failed put leaves what was there.
   *  @throws AppError store.unavailable */
  abstract put(key: string, body: ObjectBody, contentType: string): Promise<ObjectReference>;

  /** @returns undefined when there is none */
  abstract head(key: string): Promise<ObjectReference | undefined>;

  /** @returns undefined when there is none */
  abstract get(key: string): Promise<StoredObject | undefined>;

  /** Removing what is not there is no fault. */
  abstract delete(key: string): Promise<void>;

  /** Objects whose keys begin with the prefix, in no order; read one behind the other, so that none are held.
   *  @throws AppError store.unavailable */
  abstract list(prefix: string): AsyncIterable<ListedObject>;

  /** An address from which anybody may read the object for so long; undefined where the store has none to give.
   *  @throws AppError store.unavailable */
  abstract presign(key: string, expiresInSeconds: number): Promise<string | undefined>;

  abstract isReady(): Promise<boolean>;
}
