/** A learner's progress in the document store: assessed turns summed up by week and by phone. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { AssessmentJson } from '@parlance/contracts';
import {
  ProgressRepository,
  SessionRepository,
  StoreConnection,
  TurnRepository,
} from '@parlance/persistence';
import { DocumentStoreServer } from '../support/mongo.js';
import { silentLogger } from '../support/silent-logger.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';

let server: DocumentStoreServer;
let store: StoreConnection;
let turns: TurnRepository;

beforeAll(async () => {
  server = await DocumentStoreServer.start({ indexed: true });
  store = await StoreConnection.open({ mongodbUri: server.uri('progress'), name: 'test' }, silentLogger);
  turns = new TurnRepository(store);
  await turns.onModuleInit();
}, 60_000);

afterAll(async () => {
  await store.close();
  await server.stop();
});

it('assessed turns of the learner and the time alone are summed up by week and by phone', async () => {
  const sessions = new SessionRepository(store);
  await sessions.onModuleInit();
  const begin = (user: string) => sessions.create('acme', ulid(), { user }, new Date());
  const user = ulid();
  const { id: session } = await begin(user);
  const { id: other } = await begin(ulid());
  const known = (value: number) => ({ value, low: value, high: value });
  const assessed = async (
    own: string,
    sequence: number,
    day: string,
    value: number | null,
    phone: string,
  ) => {
    const occurredAt = `${day}T12:00:00.000Z`;
    const turn = aTurn({ identity: anIdentity({ session: own }), sequence, occurredAt });
    await turns.createTranscribed(turn);
    const phones = [{ phone, accuracy: known(value ?? 50) }];
    const utterance = { accuracy: value === null ? null : known(value), fluency: null };
    const assessment = { mode: 'free', utterance, words: [{ phones }, { phones: [] }] };
    await turns.recordAssessment(turn.identity, assessment as unknown as AssessmentJson);
  };
  await assessed(session, 1, '2026-02-20', 10, 'R');
  await assessed(session, 2, '2026-03-02', 60, 'TH');
  await assessed(session, 3, '2026-03-08', 80, 'TH');
  await assessed(session, 4, '2026-03-09', null, 'S');
  await assessed(other, 1, '2026-03-09', 99, 'R');
  await turns.createTranscribed(aTurn({ identity: anIdentity({ session }), sequence: 5 }));
  const found = await new ProgressRepository(store).progressOf('acme', user, new Date('2026-03-02'));
  const none = { fluency: null, prosody: null, total: null, confidence: null, clarity: null };
  expect(found.weeks).toEqual([
    { week: '2026-03-02', turns: 2, scores: { ...none, accuracy: { mean: 70, n: 2, best: 80 } } },
    { week: '2026-03-09', turns: 1, scores: { ...none, accuracy: null } },
  ]);
  expect(found.phones).toEqual([
    { phone: 'S', accuracy: 50, n: 1 },
    { phone: 'TH', accuracy: 70, n: 2 },
  ]);
  expect(await new ProgressRepository(store).progressOf('globex', user, new Date(0))).toEqual({
    ...{ weeks: [], phones: [] },
  });
});
