import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { objectReferenceSchema } from '@parlance/contracts';
import { ObjectStore } from '@parlance/messaging';
import type { SpeechOrder } from './speech-order.js';

const keptSpeechSchema = z.object({
  audio: objectReferenceSchema,
  durationMs: z.number().int().nonnegative(),
  engine: z.string(),
  voice: z.string(),
});

/** Speech in the object store. */
export type KeptSpeech = z.infer<typeof keptSpeechSchema>;

/** Speech by content: the same words by the same voice are spoken once for a tenant. Each has its audio and a card that describes it,
 *  written after the audio, so that a card found means the audio is whole. */
@Injectable()
export class SpeechCache {
  constructor(private readonly objects: ObjectStore) {}

  /** @param engine what speaks
   *  @param voice the engine's own name of the voice */
  keyOf(order: SpeechOrder, engine: string, voice: string): string {
    const content = [order.tenant, engine, voice, order.speed, order.encoding.name, order.text].join(
      '\u0000',
    );
    return createHash('sha256').update(content).digest('hex');
  }

  async find(key: string): Promise<KeptSpeech | undefined> {
    const card = await this.objects.get(cardOf(key));
    if (!card) return undefined;
    const parsed = keptSpeechSchema.safeParse(JSON.parse((await buffer(card.content)).toString()));
    return parsed.success ? parsed.data : undefined;
  }

  /** The audio of kept speech; undefined when it was removed. */
  async read(kept: KeptSpeech): Promise<AsyncIterable<Buffer> | undefined> {
    return (await this.objects.get(kept.audio.key))?.content;
  }

  async keep(
    key: string,
    order: SpeechOrder,
    audio: Buffer,
    facts: Omit<KeptSpeech, 'audio'>,
  ): Promise<KeptSpeech> {
    const name = `speech/${key}.${order.encoding.extension}`;
    const reference = await this.objects.put(name, audio, order.encoding.contentType);
    const kept = { audio: reference, ...facts };
    await this.objects.put(cardOf(key), Buffer.from(JSON.stringify(kept)), 'application/json');
    return kept;
  }
}

function cardOf(key: string): string {
  return `speech/${key}.json`;
}
