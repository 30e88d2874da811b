import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { keptSpeechSchema, type KeptSpeechDocument, type KeptSpeechRecord } from './kept-speech.schema.js';
import { isDuplicate, StoreConnection } from './store-connection.js';

/** Which speech is kept and when it was last used. Each change is one atomic operation, so that any number of processes may use, add
 *  and remove at once. */
@Injectable()
export class KeptSpeechRepository implements OnModuleInit {
  private readonly model: Model<KeptSpeechDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<KeptSpeechDocument>('KeptSpeech', keptSpeechSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** The record of a key, which counts as used now; undefined where there is none. */
  async use(key: string, now: Date): Promise<KeptSpeechRecord | undefined> {
    const found = await this.store.run(() =>
      this.model
        .findOneAndUpdate({ _id: key }, { $set: { usedAt: now } }, { returnDocument: 'before' })
        .lean<KeptSpeechDocument>(),
    );
    return found ? { ...toRecord(found), usedAt: now } : undefined;
  }

  /** Adds a record. @returns the one that stands for the key now: of two writers the first one wins */
  async add(record: KeptSpeechRecord): Promise<KeptSpeechRecord> {
    const { key, ...rest } = record;
    try {
      await this.store.run(() => this.model.create({ _id: key, ...rest }));
      return record;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return (await this.use(key, record.usedAt)) ?? record;
    }
  }

  /** Audio that was made for a session of a tenant first. */
  async audioOfSession(tenant: string, session: string, limit: number): Promise<string[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ tenant, session }, { audio: 1 })
        .limit(limit)
        .lean<Pick<KeptSpeechDocument, 'audio'>[]>(),
    );
    return found.map(({ audio }) => audio.key);
  }

  /** Forgets the record of a tenant's audio, and with it the words that are spoken there. */
  async forget(tenant: string, audioKey: string): Promise<void> {
    // The record's key is part of where the audio lies.
    const [, key = ''] = audioKey.split('/');
    await this.store.run(() => this.model.deleteOne({ _id: key, tenant, 'audio.key': audioKey }));
  }

  /** Speech of a session that others use as well belongs to none from now on. */
  async disown(tenant: string, session: string): Promise<void> {
    await this.store.run(() => this.model.updateMany({ tenant, session }, { $unset: { session: 1 } }));
  }

  /** Bytes of all kept audio. */
  async totalBytes(): Promise<number> {
    const [sum] = await this.store.run(() =>
      this.model.aggregate<{ bytes: number }>([{ $group: { _id: null, bytes: { $sum: '$audio.bytes' } } }]),
    );
    return sum?.bytes ?? 0;
  }

  /** What has not been used for longest, first. */
  async leastRecentlyUsed(limit: number): Promise<KeptSpeechRecord[]> {
    const found = await this.store.run(() =>
      this.model.find().sort({ usedAt: 1 }).limit(limit).lean<KeptSpeechDocument[]>(),
    );
    return found.map(toRecord);
  }

  /** Removes a record unless someone has used or removed it since it was read. @returns whether it was this call that removed it */
  async remove({ key, usedAt }: KeptSpeechRecord): Promise<boolean> {
    const { deletedCount } = await this.store.run(() => this.model.deleteOne({ _id: key, usedAt }));
    return deletedCount === 1;
  }
}

function toRecord({ _id, ...rest }: KeptSpeechDocument): KeptSpeechRecord {
  return { key: _id, ...rest };
}
