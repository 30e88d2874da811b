import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectReference } from '@parlance/contracts';
import { parseWavHeader, wavHeader } from '@parlance/audio';
import { AppError } from '@parlance/errors';
import { ObjectStore, type StoredObject } from '@parlance/messaging';
import type { TurnSpeech } from '@parlance/persistence';
import { StoredTurns } from './stored-turns.service.js';
import { spokenInOrder, turnStatus } from './turn-view.js';

export interface AudioContent {
  readonly contentType: string;
  /** Undefined while the length is not known. */
  readonly bytes?: number;
  readonly content: Readable;
}

/** How long a recording that is on its way is waited for, and how often it is looked for meanwhile. */
const WAIT_MS = 3_000;
const LOOK_AGAIN_MS = 100;
/** A turn's recording that is not stored by then was lost with the process that had it. */
const STORED_WITHIN_MS = 60_000;

/** The sound of a turn: what was said, and what was answered. */
@Injectable()
export class TurnAudioService {
  constructor(
    private readonly turns: StoredTurns,
    private readonly objects: ObjectStore,
  ) {}

  /** What was said in a live turn is stored behind it: it is waited for, shortly.
   *  @throws AppError recording.not_found where the turn came as text, recording.not_ready */
  async recording(tenant: string, turn: string, waitMs = WAIT_MS): Promise<AudioContent> {
    const { recording, createdAt } = await this.turns.get(tenant, turn);
    if (!recording) throw new AppError('recording.not_found', 'This turn has no recording.');
    const { key, contentType } = recording;
    const stored =
      recording.bytes === undefined
        ? await this.waitFor(key, createdAt, waitMs)
        : await this.objects.get(key);
    if (!stored) throw notStored();
    return { contentType, bytes: stored.reference.bytes, content: stored.content };
  }

  /** @throws AppError recording.not_found while the sentence has not been spoken */
  async sentence(tenant: string, turn: string, index: number): Promise<AudioContent> {
    const speech = (await this.turns.get(tenant, turn)).speech.find((one) => one.index === index);
    if (!speech) throw new AppError('recording.not_found', 'This sentence has no sound (yet).');
    return this.open(speech.audio);
  }

  /** The sentences one behind the other, each fetched when its time comes. */
  async reply(tenant: string, id: string): Promise<AudioContent> {
    const turn = await this.turns.get(tenant, id);
    const spoken = spokenInOrder(turn);
    const [first] = spoken;
    if (!first || turnStatus(turn) !== 'complete')
      throw new AppError('recording.not_found', 'This reply has no sound (yet).');
    const { contentType } = first.audio;
    return { contentType, content: Readable.from(this.joined(spoken), { objectMode: false }) };
  }

  /** MP3 and Ogg may simply follow each other; of WAV files only the first header stays, with its length left open. */
  private async *joined(spoken: readonly TurnSpeech[]): AsyncGenerator<Buffer> {
    for (const [position, { audio }] of spoken.entries()) {
      const { content } = await this.open(audio);
      if (!audio.contentType.includes('wav')) {
        yield* content as AsyncIterable<Buffer>;
        continue;
      }
      const file = Buffer.concat(await content.toArray());
      const header = parseWavHeader(file);
      if (!header) throw new AppError('recording.not_found', 'This sentence has no sound (yet).');
      if (position === 0) yield wavHeader(header.sampleRateHz, header.channels);
      yield file.subarray(header.dataOffset, header.dataBytes && header.dataOffset + header.dataBytes);
    }
  }

  /** @returns undefined where it has not come and will not */
  private async waitFor(key: string, since: Date, waitMs: number): Promise<StoredObject | undefined> {
    const until = performance.now() + waitMs;
    for (;;) {
      const stored = await this.objects.get(key);
      if (stored || Date.now() - since.getTime() > STORED_WITHIN_MS) return stored;
      if (performance.now() > until)
        throw new AppError('recording.not_ready', 'The recording is still on its way to the store.');
      await sleep(LOOK_AGAIN_MS);
    }
  }

  private async open(reference: ObjectReference): Promise<AudioContent> {
    const stored = await this.objects.get(reference.key);
    if (!stored) throw notStored();
    return { contentType: reference.contentType, bytes: reference.bytes, content: stored.content };
  }
}

function notStored(): AppError {
  return new AppError('recording.not_found', 'There is no such recording any more.');
}
