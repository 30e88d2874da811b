import { buffer } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { tenantSchema, ulidSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ObjectStore } from '@parlance/messaging';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';

/** A piece of a session's sound in the store. */
export interface SessionChunk {
  readonly key: string;
  /** Its place among those of its recorder; 0-based. */
  readonly index: number;
  /** When its first sample came, milliseconds since 1970. */
  readonly time: number;
  readonly bytes: number;
}

/** The chunks of a session, together. */
export interface SessionSound {
  chunks: number;
  bytes: number;
  /** When the newest one ended, milliseconds since 1970. */
  lastSoundAt: number;
}

const PREFIX = 'sessions/';
const CHUNK = /^sessions\/([0-9A-Z]{26})\/chunk_(\d{1,9})_(\d{1,15})$/;

/** Who records a session, and when it last said so. */
const markerSchema = z.object({
  tenant: tenantSchema,
  aliveAt: z.number().int().nonnegative(),
});
export type SessionMarker = z.output<typeof markerSchema>;

/** The sound of sessions as it comes: `sessions/{id}/chunk_{index}_{time}`, 16 kHz mono s16le, beside a marker that says
 *  whose it is and that somebody is at it. */
@Injectable()
export class SessionChunks {
  constructor(private readonly objects: ObjectStore) {}

  /** @throws AppError store.unavailable */
  async put(session: string, index: number, time: number, pcm: Buffer): Promise<void> {
    const key = `${PREFIX}${session}/chunk_${String(index).padStart(6, '0')}_${time}`;
    await this.objects.put(key, pcm, 'audio/L16; rate=16000; channels=1');
  }

  /** Those of a session, in the order in which they were spoken. */
  async list(session: string): Promise<SessionChunk[]> {
    const chunks: SessionChunk[] = [];
    for await (const { key, bytes } of this.objects.list(`${PREFIX}${session}/`)) {
      const [, , index, time] = CHUNK.exec(key) ?? [];
      if (index !== undefined) chunks.push({ key, index: Number(index), time: Number(time), bytes });
    }
    return chunks.sort((one, other) => one.time - other.time || one.index - other.index);
  }

  /** Sessions that have something here, with what they have, by one look at all of it. */
  async sessions(): Promise<ReadonlyMap<string, SessionSound>> {
    const found = new Map<string, SessionSound>();
    for await (const { key, bytes } of this.objects.list(PREFIX)) {
      const session = key.split('/')[1];
      if (session === undefined || !ulidSchema.safeParse(session).success) continue;
      const sound = found.get(session) ?? { chunks: 0, bytes: 0, lastSoundAt: 0 };
      found.set(session, sound);
      const time = CHUNK.exec(key)?.[3];
      if (time === undefined) continue;
      sound.chunks += 1;
      sound.bytes += bytes;
      sound.lastSoundAt = Math.max(sound.lastSoundAt, Number(time) + bytes / PCM_BYTES_PER_MS);
    }
    return found;
  }

  /** The content of a chunk. @throws AppError store.unavailable where it is gone */
  async read(chunk: SessionChunk): Promise<Buffer> {
    const stored = await this.objects.get(chunk.key);
    if (!stored) throw new AppError('store.unavailable', 'A part of the recording is gone.');
    return buffer(stored.content);
  }

  async mark(session: string, marker: SessionMarker): Promise<void> {
    await this.objects.put(markerOf(session), Buffer.from(JSON.stringify(marker)), 'application/json');
  }

  /** @returns undefined where there is none that can be read */
  async marker(session: string): Promise<SessionMarker | undefined> {
    const stored = await this.objects.get(markerOf(session));
    if (!stored) return undefined;
    const text = (await buffer(stored.content)).toString();
    try {
      return markerSchema.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }

  async remove(chunks: readonly SessionChunk[]): Promise<void> {
    for (const { key } of chunks) await this.objects.delete(key);
  }

  async unmark(session: string): Promise<void> {
    await this.objects.delete(markerOf(session));
  }

  /** Removes everything of a session. */
  async removeAll(session: string): Promise<void> {
    for await (const { key } of this.objects.list(`${PREFIX}${session}/`)) await this.objects.delete(key);
  }
}

function markerOf(session: string): string {
  return `${PREFIX}${session}/recorder.json`;
}
