import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ObjectReference } from '@parlance/contracts';
import { ObjectStore } from '@parlance/messaging';
import { KeptSpeechRepository, type KeptSpeechRecord } from '@parlance/persistence';
import type { SpeechOrder } from './speech-order.js';

/** Speech in the object store. */
export type KeptSpeech = Pick<KeptSpeechRecord, 'audio' | 'durationMs' | 'engine' | 'voice' | 'words'>;

/** Speech by content: the same words by the same voice are spoken once for a tenant. The audio lies in the object store, under a name of its
 *  own for each making; its record in the document store is written after it, so that a record found means that the audio is whole,
 *  and removed before it, so that no removal reaches what is made anew. */
@Injectable()
export class SpeechCache {
  constructor(
    private readonly objects: ObjectStore,
    private readonly records: KeptSpeechRepository,
  ) {}

  /** @param engine what speaks
   *  @param voice the engine's own name of the voice */
  keyOf(order: SpeechOrder, engine: string, voice: string): string {
    const content = [order.tenant, engine, voice, order.speed, order.encoding.name, order.text].join(
      '\u0000',
    );
    return createHash('sha256').update(content).digest('hex');
  }

  /** Kept speech, which counts as used now. @throws AppError store.unavailable */
  async find(key: string): Promise<KeptSpeech | undefined> {
    const found = await this.records.use(key, new Date());
    return found && keptSpeechOf(found);
  }

  /** The audio of kept speech; undefined when it was removed. */
  async read(kept: KeptSpeech): Promise<AsyncIterable<Buffer> | undefined> {
    return (await this.objects.get(kept.audio.key))?.content;
  }

  /** Stores the audio, which `keep` has to follow. @throws AppError store.unavailable */
  async store(key: string, { encoding }: SpeechOrder, audio: Buffer): Promise<ObjectReference> {
    return this.objects.put(
      `speech/${key}/${randomUUID()}.${encoding.extension}`,
      audio,
      encoding.contentType,
    );
  }

  /** Keeps speech whose audio is stored. @returns what is kept under the key, by whomever first. @throws AppError store.unavailable */
  async keep(key: string, { tenant, session }: SpeechOrder, speech: KeptSpeech): Promise<KeptSpeech> {
    const owner = { tenant, ...(session === undefined ? {} : { session }) };
    const standing = await this.records.add({ key, ...owner, ...speech, usedAt: new Date() });
    if (standing.audio.key !== speech.audio.key) await this.objects.delete(speech.audio.key);
    return keptSpeechOf(standing);
  }

  /** Removes speech that nobody has used for `maxAgeMs`, and of the rest what has not been used for longest until it takes
   *  no more than `maxBytes`. Safe with several processes at it.
   *  @returns how many were removed by this call
   *  @throws AppError store.unavailable */
  async sweep(
    { maxBytes, maxAgeMs }: { maxBytes: number; maxAgeMs: number },
    now = Date.now(),
  ): Promise<number> {
    let bytes = await this.records.totalBytes();
    let removed = 0;
    for (;;) {
      const oldest = await this.records.leastRecentlyUsed(SWEEP_BATCH);
      for (const record of oldest) {
        if (bytes <= maxBytes && record.usedAt.getTime() > now - maxAgeMs) return removed;
        const isMine = await this.records.remove(record);
        if (isMine) await this.objects.delete(record.audio.key);
        // Where it was used or removed meanwhile, another round would tell; the next sweep does.
        bytes -= record.audio.bytes;
        removed += Number(isMine);
      }
      if (oldest.length < SWEEP_BATCH) return removed;
    }
  }
}

/** Records looked at together. */
const SWEEP_BATCH = 100;

function keptSpeechOf({ audio, durationMs, engine, voice, words }: KeptSpeechRecord): KeptSpeech {
  return { audio, durationMs, engine, voice, words };
}
