import { describe, expect, it, jest } from '@jest/globals';
import { aTurn } from '../../../test/support/turn-factory.js';
import type { StoreConnection } from './store-connection.js';
import { TurnRepository } from './turn.repository.js';
import type { TurnDocument } from './turn.schema.js';

const DUPLICATE_KEY = 11000;

/** The repository over a model that answers as told and notes its calls. */
function repository({
  create = async () => undefined,
  stored,
  modifiedCount = 1,
}: {
  create?: () => Promise<unknown>;
  stored?: Partial<TurnDocument>;
  modifiedCount?: number;
} = {}) {
  const model = {
    create: jest.fn<(document: TurnDocument) => Promise<unknown>>(create),
    findOne: jest.fn((_filter: object) => ({ lean: async () => stored ?? null })),
    updateOne: jest.fn(async (_filter: object, _change: object) => ({ modifiedCount })),
  };
  const store = { raw: { model: () => model }, run: (operation: () => Promise<unknown>) => operation() };
  return { model, turns: new TurnRepository(store as unknown as StoreConnection) };
}

const turn = aTurn();
const { identity } = turn;
const KEY = { _id: identity.turn, tenant: identity.tenant, session: identity.session };
const sentence = { index: 1, text: 'Second.', model: 'coach' };

describe('the repository of turns', () => {
  it('stores a transcribed turn under its id, with an empty draft and no speech', async () => {
    const { model, turns } = repository();
    await turns.createTranscribed(turn);
    const [document] = model.create.mock.calls[0]!;
    expect(document).toMatchObject({ ...KEY, state: 'transcribed', draft: [], speech: [], text: turn.text });
    expect(document.createdAt).toEqual(new Date(turn.occurredAt));
    expect(document).not.toHaveProperty('identity');
  });

  it('leaves a turn as it is that comes again', async () => {
    const { turns } = repository({ create: () => Promise.reject({ code: DUPLICATE_KEY }), stored: KEY });
    await expect(turns.createTranscribed(turn)).resolves.toBeUndefined();
  });

  it('refuses a second turn with the same sequence', async () => {
    const { turns } = repository({ create: () => Promise.reject({ code: DUPLICATE_KEY }) });
    await expect(turns.createTranscribed(turn)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('gives the id of the document as the id of the turn', async () => {
    const { turns } = repository({ stored: { ...KEY, text: turn.text } });
    expect(await turns.get(identity)).toEqual({
      id: identity.turn,
      tenant: identity.tenant,
      session: identity.session,
      text: turn.text,
      speed: 1,
      unspoken: [],
    });
  });

  it('says that a turn is not there', async () => {
    const { turns } = repository();
    await expect(turns.get(identity)).rejects.toMatchObject({ code: 'turn.not_found' });
  });

  it('appends a sentence only to a draft of that length whose turn has no end', async () => {
    const { model, turns } = repository();
    expect(await turns.appendSentence(identity, sentence)).toEqual(sentence);
    expect(model.updateOne).toHaveBeenCalledWith(
      { ...KEY, state: 'transcribed', draft: { $size: sentence.index } },
      { $push: { draft: sentence } },
    );
  });

  it('gives the sentence of the writer who came first', async () => {
    const first = { ...sentence, text: 'The first.' };
    const draft = [{ ...sentence, index: 0 }, first];
    const { turns } = repository({ modifiedCount: 0, stored: { ...KEY, draft } });
    expect(await turns.appendSentence(identity, sentence)).toEqual(first);
  });

  it('refuses a sentence beyond the draft', async () => {
    const { turns } = repository({ modifiedCount: 0, stored: { ...KEY, draft: [] } });
    await expect(turns.appendSentence(identity, sentence)).rejects.toMatchObject({ code: 'turn.not_found' });
  });

  it('reopens a failed turn, and leaves the reply of one that failed behind it', async () => {
    const { model, turns } = repository();
    await turns.reopen(identity);
    expect(model.updateOne.mock.calls).toEqual([
      [{ ...KEY, state: 'failed' }, { $set: { state: 'transcribed' } }],
      [KEY, { $unset: { failure: 1 } }],
    ]);
  });

  it('records the first failure, and ends only a turn without a reply by it', async () => {
    const { model, turns } = repository();
    const failure = {
      stage: 'tts',
      error: { code: 'upstream.unavailable', message: 'Not just now.', retryable: true },
    } as const;
    await turns.fail(identity, failure);
    expect(model.updateOne.mock.calls).toEqual([
      [{ ...KEY, failure: { $exists: false } }, { $set: { failure } }],
      [{ ...KEY, state: 'transcribed' }, { $set: { state: 'failed' } }],
    ]);
  });
});
