import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model, QueryFilter } from 'mongoose';
import type {
  AssessmentJson,
  FeedbackReport,
  ObjectReference,
  TurnEvaluation,
  TurnIdentity,
  TurnTranscribed,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { isDuplicate, StoreConnection } from './store-connection.js';
import {
  turnSchema,
  type DraftSentence,
  type PastExchange,
  type TurnDocument,
  type TurnFailure,
  type TurnRecord,
  type TurnReply,
  type TurnSpeech,
  type TurnUnspoken,
} from './turn.schema.js';

/** The sentences of a turn's reply that are dealt with: spoken, or known to stay text. */
export type SpokenSentences = Pick<TurnRecord, 'speech' | 'unspoken'>;

/** What turns are found by is not read with them: it is as long as their texts. */
const FIELDS = { search: 0 } as const;

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
    const { identity, occurredAt, usedBy: _, ...transcribed } = turn;
    const document: TurnDocument = {
      _id: identity.turn,
      tenant: identity.tenant,
      session: identity.session,
      ...transcribed,
      state: 'transcribed',
      draft: [],
      speech: [],
      unspoken: [],
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
    return this.one(keyOf(identity));
  }

  /** A tenant's turn by its id alone. */
  async findById(tenant: string, turn: string): Promise<TurnRecord | undefined> {
    return this.one({ _id: turn, tenant });
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
    return standing;
  }

  /** Ends the draft; a turn that has its reply, or has failed, keeps that. One that was indexed for search before is to be indexed again: it
   *  is found by its reply too. */
  async completeReply(identity: TurnIdentity, reply: TurnReply): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne(
        { ...keyOf(identity), state: 'transcribed' },
        { $set: { state: 'replied', reply }, $unset: { 'search.revision': 1 } },
      ),
    );
  }

  /** Keeps the report on what was said; the first one stays.
   *  @returns the report that stands now */
  async recordFeedback(identity: TurnIdentity, feedback: FeedbackReport): Promise<FeedbackReport> {
    await this.store.run(() =>
      this.model.updateOne({ ...keyOf(identity), feedback: { $exists: false } }, { $set: { feedback } }),
    );
    return (await this.get(identity)).feedback ?? feedback;
  }

  /** Keeps the marks of what was said; the first ones stay.
   *  @returns the evaluation that stands now */
  async recordEvaluation(identity: TurnIdentity, evaluation: TurnEvaluation): Promise<TurnEvaluation> {
    await this.store.run(() =>
      this.model.updateOne({ ...keyOf(identity), evaluation: { $exists: false } }, { $set: { evaluation } }),
    );
    return (await this.get(identity)).evaluation ?? evaluation;
  }

  /** Keeps how the turn was spoken; the first assessment stays. A turn that is gone has none. */
  async recordAssessment(identity: TurnIdentity, assessment: AssessmentJson): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne({ ...keyOf(identity), assessment: { $exists: false } }, { $set: { assessment } }),
    );
  }

  /** Records where a sentence's sound lies; the first record of an index stays, also that it is not spoken.
   *  @returns what is known of the turn's sentences now @throws AppError turn.not_found */
  async recordSpeech(identity: TurnIdentity, speech: TurnSpeech): Promise<SpokenSentences> {
    const { index } = speech;
    const filter = {
      ...keyOf(identity),
      'speech.index': { $ne: index },
      'unspoken.index': { $ne: index },
    };
    const before = await this.store.run(() =>
      this.model
        .findOneAndUpdate(
          filter,
          { $push: { speech } },
          // As of the session's counter: what stands behind it may have changed again by the time it is read.
          { returnDocument: 'before', projection: { speech: 1, unspoken: 1 } },
        )
        .lean<SpokenSentences>(),
    );
    if (!before) return this.get(identity);
    // The stand-in may hand out its live document, which has the sentence already.
    const others = before.speech.filter((one) => one.index !== index);
    return { speech: [...others, speech], unspoken: before.unspoken ?? [] };
  }

  /** Takes back that there is a recording, where it could not be stored. */
  async dropRecording(identity: TurnIdentity): Promise<void> {
    await this.store.run(() => this.model.updateOne(keyOf(identity), { $unset: { recording: 1 } }));
  }

  /** Records what was played of an interrupted reply; the first record stays, unless the client itself says what it has played. */
  async recordInterruption(identity: TurnIdentity, played: string, isExact = false): Promise<void> {
    const filter = { ...keyOf(identity), ...(isExact ? {} : { played: { $exists: false } }) };
    await this.store.run(() => this.model.updateOne(filter, { $set: { played } }));
  }

  /** Records that a sentence stays text; one that has been spoken after all stays as it is. */
  async recordUnspoken(identity: TurnIdentity, unspoken: TurnUnspoken): Promise<void> {
    const { index } = unspoken;
    const filter = {
      ...keyOf(identity),
      'speech.index': { $ne: index },
      'unspoken.index': { $ne: index },
    };
    await this.store.run(() => this.model.updateOne(filter, { $push: { unspoken } }));
  }

  /** Records why a turn will not be completed. A reply that is already there stays. */
  async fail(identity: TurnIdentity, failure: TurnFailure): Promise<void> {
    const filter = { ...keyOf(identity), failure: { $exists: false } };
    await this.store.run(() => this.model.updateOne(filter, { $set: { failure } }));
    await this.store.run(() =>
      this.model.updateOne({ ...keyOf(identity), state: 'transcribed' }, { $set: { state: 'failed' } }),
    );
  }

  /** Takes back a recorded failure, so that the turn can be completed after all. */
  async reopen(identity: TurnIdentity): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne({ ...keyOf(identity), state: 'failed' }, { $set: { state: 'transcribed' } }),
    );
    await this.store.run(() => this.model.updateOne(keyOf(identity), { $unset: { failure: 1 } }));
  }

  /** A session's turns are gone. */
  async deleteSession(tenant: string, session: string): Promise<void> {
    await this.store.run(() => this.model.deleteMany({ tenant, session }));
  }

  /** Whether another session of the tenant has a sentence with this audio: equal sentences share it. */
  async isSpokenElsewhere(tenant: string, session: string, audioKey: string): Promise<boolean> {
    const filter = { tenant, session: { $ne: session }, 'speech.audio.key': audioKey };
    const found = await this.store.run(() => this.model.findOne(filter, { _id: 1 }).lean<{ _id: string }>());
    return found !== null;
  }

  /** The audio of a tenant's replies, each object once, read one turn after the other. */
  async *speechOf(tenant: string): AsyncGenerator<ObjectReference> {
    const seen = new Set<string>();
    const limit = 500;
    for (let after = ''; ;) {
      const page = await this.store.run(() =>
        this.model
          .find({ tenant, _id: { $gt: after } }, { speech: 1 })
          .sort({ _id: 1 })
          .limit(limit)
          .lean<Pick<TurnDocument, '_id' | 'speech'>[]>(),
      );
      for (const { audio } of page.flatMap(({ speech }) => speech)) {
        if (!seen.has(audio.key)) yield audio;
        seen.add(audio.key);
      }
      if (page.length < limit) return;
      after = page.at(-1)!._id;
    }
  }

  /** Turns of a session in order, after a sequence; `skip` of them are left out, which costs as much as reading them. */
  async list(
    tenant: string,
    session: string,
    options: { after?: number; skip?: number; limit?: number } = {},
  ): Promise<TurnRecord[]> {
    const { after = 0, skip = 0, limit = 100 } = options;
    const found = await this.store.run(() =>
      this.model
        .find({ tenant, session, sequence: { $gt: after } }, FIELDS)
        .sort({ sequence: 1 })
        .skip(skip)
        .limit(limit)
        .lean<TurnDocument[]>(),
    );
    return found.map(toRecord);
  }

  /** Turns of all tenants that are neither answered nor failed, stored between two times, oldest first. */
  async unanswered(from: Date, until: Date, limit: number): Promise<TurnRecord[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ state: 'transcribed', createdAt: { $gt: from, $lt: until } }, FIELDS)
        .sort({ createdAt: 1 })
        .limit(limit)
        .lean<TurnDocument[]>(),
    );
    return found.map(toRecord);
  }

  /** The turn just before a place in the session, whatever its state. */
  async findPrevious(tenant: string, session: string, sequence: number): Promise<TurnRecord | undefined> {
    return this.one({ tenant, session, sequence: sequence - 1 });
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
        .find(
          { tenant, session, state: 'replied', sequence: { $lt: before } },
          { sequence: 1, text: 1, played: 1, 'reply.text': 1, 'reply.model': 1 },
        )
        .sort({ sequence: -1 })
        .limit(limit)
        .lean<Pick<TurnDocument, 'sequence' | 'text' | 'played' | 'reply'>[]>(),
    );
    return found.reverse().map(({ sequence, text, played, reply }) => ({
      sequence,
      said: text,
      answered: played ?? reply?.text ?? '',
      interrupted: played !== undefined,
      reply: reply?.text ?? '',
      model: reply?.model ?? '',
    }));
  }

  private async one(filter: QueryFilter<TurnDocument>): Promise<TurnRecord | undefined> {
    const found = await this.store.run(() => this.model.findOne(filter, FIELDS).lean<TurnDocument>());
    return found ? toRecord(found) : undefined;
  }
}

function keyOf({ tenant, session, turn }: TurnIdentity): { _id: string; tenant: string; session: string } {
  return { _id: turn, tenant, session };
}

/** Documents of an earlier release lack the newer fields. */
function toRecord({ _id, ...rest }: TurnDocument): TurnRecord {
  return { id: _id, ...rest, speed: rest.speed ?? 1, unspoken: rest.unspoken ?? [] };
}
