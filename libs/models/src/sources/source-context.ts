import type { HttpClient } from '../http.client.js';
import type { Patience } from '../body-reading.js';

/** What a source works with during one fetch of one model. */
export interface SourceContext {
  readonly http: HttpClient;
  /** For archives while their members are taken out; removed after the fetch. */
  readonly archives: string;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  /** Bounds the connections that are open at once. */
  readonly connections: <T>(work: () => Promise<T>) => Promise<T>;
}

/** One way to get one file. */
export interface Offer {
  /** Names the source in messages, without credentials. */
  readonly source: string;
  /** Whether an archive lies on the disk beside the file for a while. */
  readonly isArchived: boolean;
  /** Leaves the whole file at `path`; its checksum is the caller's to check.
   *  @returns whether bytes of an earlier fetch are part of it
   *  @throws SourceFault; AppError model.no_space, request.cancelled */
  readonly fetchInto: (path: string, bytes: number, onBytes: (received: number) => void) => Promise<boolean>;
}
