import type { Metadata } from '@grpc/grpc-js';

/** Metadata key by which a pod says how full it is: 0 idle, 1 full. */
export const LOAD_KEY = 'parlance-load';
/** How many live streams it holds, once for each model, its name percent-encoded: `whisper-tiny.en=12`. */
export const CAPACITY_KEY = 'parlance-live-capacity';

/** What a pod says of itself in the metadata of an answer. */
export interface ReportedLoad {
  /** 0 idle … 1 full. */
  readonly load: number;
  /** Live streams that it holds at most, with the model that needs most; undefined where it does not say. */
  readonly capacity: number | undefined;
}

/** @returns undefined where the metadata say nothing of load */
export function reportedLoad(metadata: Metadata): ReportedLoad | undefined {
  const text = metadata.get(LOAD_KEY)[0];
  const load = Number(text);
  if (text === undefined || !(load >= 0 && load <= 1)) return undefined;
  const capacities = metadata
    .get(CAPACITY_KEY)
    .map((entry) => Number(String(entry).split('=').at(-1)))
    .filter((streams) => streams >= 1);
  return { load, capacity: capacities.length > 0 ? Math.min(...capacities) : undefined };
}
