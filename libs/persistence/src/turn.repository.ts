import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { TurnIdentity, TurnTranscribed } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { isDuplicate, StoreConnection } from './store-connection.js';
import {
  turnSchema,
  type DraftSentence,
  type TurnDocument,
  type TurnFailure,
  type TurnRecord,
  type TurnReply,
  type TurnSpeech,
} from './turn.schema.js';

/** One exchange for the language model's memory. */
export interface PastExchange {
  readonly said: string;
  readonly answered: string;
}

/** Turns. Each change is one atomic update that does nothing the second time, so that redelivered work is harmless. */
@Injectable()
export class TurnRepository implements OnModuleInit {
  private readonly model: Model<TurnDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<TurnDocument>('Turn', turnSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Keeps a transcribed turn; one that is there already stays as it is. */
  async createTranscribed(turn: TurnTranscribed): Promise<void> {
    const { identity, occurredAt, ...transcribed } = turn;
    const document: TurnDocument = {
      _id: identity.turn,
      tenant: identity.tenant,
      session: identity.session,
      ...transcribed,
      state: 'transcribed',
      draft: [],
      speech: [],
      createdAt: new Date(occurredAt),
    };
    try {
      await this.store.run(() => this.model.create(document));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      if (!(await this.find(identity)))
        throw new AppError('request.invalid', 'Another turn has this place in the session.', {
          cause: error,
        });
    }
  }

  async find(identity: TurnIdentity): Promise<TurnRecord | undefined> {
    const found = await this.store.run(() => this.model.findOne(keyOf(identity)).lean<TurnDocument>());
    return found ? toRecord(found) : undefined;
  }

  /** A tenant's turn by its id alone. */
  async findById(tenant: string, turn: string): Promise<TurnRecord | undefined> {
    const found = await this.store.run(() => this.model.findOne({ _id: turn, tenant }).lean<TurnDocument>());
    return found ? toRecord(found) : undefined;
  }

  /** @throws AppError turn.not_found */
  async get(identity: TurnIdentity): Promise<TurnRecord> {
    const found = await this.find(identity);
    if (!found) throw new AppError('turn.not_found', 'There is no such turn.');
    return found;
  }

  /** Adds the reply's next sentence. Of two writers with the same index the first one wins.
   *  @returns the sentence that stands at the index now
   *  @throws AppError turn.not_found when the turn is gone, or has a shorter draft or an end already */
  async appendSentence(identity: TurnIdentity, sentence: DraftSentence): Promise<DraftSentence> {
    const appended = await this.store.run(() =>
      this.model.updateOne(
        { ...keyOf(identity), state: 'transcribed', draft: { $size: sentence.index } },
        { $push: { draft: sentence } },
      ),
    );
    if (appended.modifiedCount === 1) return sentence;
    const standing = (await this.find(identity))?.draft[sentence.index];
    if (!standing) throw new AppError('turn.not_found', 'The turn takes no such sentence.');
    return { index: standing.index, text: standing.text, model: standing.model };
  }

  /** Ends the draft; a turn that has its reply, or has failed, keeps that. */
  async completeReply(identity: TurnIdentity, reply: TurnReply): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne(
        { ...keyOf(identity), state: 'transcribed' },
        { $set: { state: 'replied', reply } },
      ),
    );
  }

  /** Records where a sentence's sound lies; the first record of an index stays. */
  async recordSpeech(identity: TurnIdentity, speech: TurnSpeech): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne(
        { ...keyOf(identity), 'speech.index': { $ne: speech.index } },
        { $push: { speech } },
      ),
    );
  }

  /** Records why a turn will not be completed. A reply that is already there stays. */
  async fail(identity: TurnIdentity, failure: TurnFailure): Promise<void> {
    const filter = { ...keyOf(identity), failure: { $exists: false } };
    await this.store.run(() => this.model.updateOne(filter, { $set: { failure } }));
    await this.store.run(() =>
      this.model.updateOne({ ...keyOf(identity), state: 'transcribed' }, { $set: { state: 'failed' } }),
    );
  }

  /** Turns of a session in order, after a sequence. */
  async list(
    tenant: string,
    session: string,
    options: { after?: number; limit?: number } = {},
  ): Promise<TurnRecord[]> {
    const { after = 0, limit = 100 } = options;
    const found = await this.store.run(() =>
      this.model
        .find({ tenant, session, sequence: { $gt: after } })
        .sort({ sequence: 1 })
        .limit(limit)
        .lean<TurnDocument[]>(),
    );
    return found.map(toRecord);
  }

  /** The turn just before a place in the session, whatever its state. */
  async findPrevious(tenant: string, session: string, sequence: number): Promise<TurnRecord | undefined> {
    const found = await this.store.run(() =>
      this.model.findOne({ tenant, session, sequence: sequence - 1 }).lean<TurnDocument>(),
    );
    return found ? toRecord(found) : undefined;
  }

  /** The last answered exchanges before a turn, oldest first. */
  async recentExchanges(
    tenant: string,
    session: string,
    before: number,
    limit: number,
  ): Promise<PastExchange[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ tenant, session, state: 'replied', sequence: { $lt: before } }, { text: 1, reply: 1 })
        .sort({ sequence: -1 })
        .limit(limit)
        .lean<Pick<TurnDocument, 'text' | 'reply'>[]>(),
    );
    return found.reverse().map(({ text, reply }) => ({ said: text, answered: reply?.text ?? '' }));
  }
}

function keyOf({ tenant, session, turn }: TurnIdentity): { _id: string; tenant: string; session: string } {
  return { _id: turn, tenant, session };
}

function toRecord({ _id, ...rest }: TurnDocument): TurnRecord {
  return { id: _id, ...rest };
}
