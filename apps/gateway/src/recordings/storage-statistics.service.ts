import { Injectable } from '@nestjs/common';
import { ObjectStore } from '@parlance/messaging';
import { TurnRepository } from '@parlance/persistence';
import { SessionChunks } from './session-chunks.js';

export interface ObjectCount {
  readonly objects: number;
  readonly bytes: number;
}

/** What a tenant has in the object store. */
export interface StorageStatistics extends ObjectCount {
  readonly kinds: {
    /** What was said in turns, and joined recordings of sessions. */
    readonly recordings: ObjectCount;
    /** Sound of sessions that is not joined yet. */
    readonly chunks: ObjectCount;
    /** Spoken replies. */
    readonly speech: ObjectCount;
  };
  readonly countedAt: Date;
}

/** Counting reads every object's description. */
const KEPT_MS = 60_000;

/** Counts the objects of tenants. */
@Injectable()
export class StorageStatisticsService {
  private readonly counted = new Map<string, Promise<StorageStatistics>>();

  constructor(
    private readonly objects: ObjectStore,
    private readonly chunks: SessionChunks,
    private readonly turns: TurnRepository,
  ) {}

  /** Counted at most a minute ago. @throws AppError store.unavailable */
  async of(tenant: string): Promise<StorageStatistics> {
    const known = this.counted.get(tenant);
    if (known) return known;
    const counting = this.count(tenant);
    this.counted.set(tenant, counting);
    const forget = (): void => void this.counted.delete(tenant);
    counting.then(() => setTimeout(forget, KEPT_MS).unref(), forget);
    return counting;
  }

  private async count(tenant: string): Promise<StorageStatistics> {
    const recordings = await total(this.objects.list(`recordings/${tenant}/`));
    const chunks = { objects: 0, bytes: 0 };
    for (const [session, sound] of await this.chunks.sessions()) {
      if ((await this.chunks.marker(session))?.tenant !== tenant) continue;
      chunks.objects += sound.chunks;
      chunks.bytes += sound.bytes;
    }
    const speech = await total(this.turns.speechOf(tenant));
    const kinds = { recordings, chunks, speech };
    const all = Object.values(kinds);
    return {
      objects: all.reduce((sum, { objects }) => sum + objects, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      kinds,
      countedAt: new Date(),
    };
  }
}

async function total(found: AsyncIterable<{ readonly bytes: number }>): Promise<ObjectCount> {
  const count = { objects: 0, bytes: 0 };
  for await (const { bytes } of found) {
    count.objects += 1;
    count.bytes += bytes;
  }
  return count;
}
