import {
  DiscardPolicy,
  nanos,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from 'nats';
import { STREAMS } from '@parlance/contracts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIB = 1024 * 1024;

/** How long JetStream remembers message ids; longer than any redelivery chain of one message. */
const DEDUPE_WINDOW_MS = 20 * MINUTE_MS;

/** WORK refuses when full (the publisher tells its caller to retry); the others drop their oldest. */
const CONFIGURATIONS: readonly Partial<StreamConfig>[] = [
  {
    ...nameAndSubjects(STREAMS.work),
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_msgs: 200_000,
    max_bytes: 256 * MIB,
    duplicate_window: nanos(DEDUPE_WINDOW_MS),
  },
  {
    ...nameAndSubjects(STREAMS.events),
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(HOUR_MS),
    max_bytes: 256 * MIB,
    duplicate_window: nanos(DEDUPE_WINDOW_MS),
  },
  {
    ...nameAndSubjects(STREAMS.deadLetters),
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(14 * 24 * HOUR_MS),
    max_bytes: 64 * MIB,
    duplicate_window: nanos(DEDUPE_WINDOW_MS),
  },
  {
    ...nameAndSubjects(STREAMS.activity),
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    // Longer than the longest window, and than a weekend without whoever adds them up by day.
    max_age: nanos(72 * HOUR_MS),
    // Set aside when it is made: small servers have room for little more than the streams above.
    max_bytes: 64 * MIB,
    duplicate_window: nanos(DEDUPE_WINDOW_MS),
  },
];

const STREAM_NAME_IN_USE = 10058;
/** JetStream's error numbers for a stream that has its largest size. */
export const STREAM_FULL: ReadonlySet<number> = new Set([10077, 10047]);

/** Makes the streams, or brings existing ones to this configuration; safe to call from every process at once. */
export async function ensureStreams(manager: JetStreamManager): Promise<void> {
  for (const configuration of CONFIGURATIONS) {
    const wanted = { ...configuration, storage: StorageType.File };
    try {
      await manager.streams.add(wanted);
    } catch (error) {
      if (jetStreamErrorCode(error) !== STREAM_NAME_IN_USE) throw error;
      await manager.streams.update(configuration.name!, wanted);
    }
  }
}

/** JetStream's own error number; undefined for other faults. */
export function jetStreamErrorCode(error: unknown): number | undefined {
  return (error as { api_error?: { err_code?: number } }).api_error?.err_code;
}

function nameAndSubjects(stream: (typeof STREAMS)[keyof typeof STREAMS]): {
  name: string;
  subjects: string[];
} {
  return { name: stream.name, subjects: [...stream.subjects] };
}
