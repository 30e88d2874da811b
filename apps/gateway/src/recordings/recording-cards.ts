import { buffer } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { objectReferenceSchema } from '@parlance/contracts';
import { ObjectStore } from '@parlance/messaging';
import { recordingsOf } from '../turns/recording-store.js';

/** The joined recording of a session. */
const cardSchema = z.object({
  audio: objectReferenceSchema,
  durationMs: z.number().nonnegative(),
  /** Counts the joins. */
  version: z.number().int().positive(),
  /** Keys of the chunks that the last join added. They are removed after the card is written; those that a crash has left
   *  are known by it. */
  joined: z.array(z.string()),
});
export type RecordingCard = z.output<typeof cardSchema>;

/** The card beside a session's joined recording: written last, so that what it names is whole. */
@Injectable()
export class RecordingCards {
  constructor(private readonly objects: ObjectStore) {}

  /** @returns undefined where nothing was joined */
  async find(tenant: string, session: string): Promise<RecordingCard | undefined> {
    const stored = await this.objects.get(cardOf(tenant, session));
    if (!stored) return undefined;
    return cardSchema.parse(JSON.parse((await buffer(stored.content)).toString()));
  }

  async put(tenant: string, session: string, card: RecordingCard): Promise<void> {
    await this.objects.put(cardOf(tenant, session), Buffer.from(JSON.stringify(card)), 'application/json');
  }

  async remove(tenant: string, session: string): Promise<void> {
    await this.objects.delete(cardOf(tenant, session));
  }
}

function cardOf(tenant: string, session: string): string {
  return `${recordingsOf(tenant, session)}session.json`;
}
