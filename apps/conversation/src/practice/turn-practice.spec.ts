import { beforeEach, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { LearnerActivity, ContestEntry } from '@parlance/contracts';
import type { SessionRepository, TurnRepository } from '@parlance/persistence';
import { LearningMemory } from '../../../../test/support/learning-memory.js';
import { anIdentity, aTurn } from '../../../../test/support/turn-factory.js';
import { TurnPractice } from './turn-practice.service.js';

const [contest, entry, session] = [ulid(), ulid(), ulid()];
const AT = '2026-03-03T10:00:00.000Z';
const ENDS = '2026-03-08T00:00:00.000Z';
let memory: LearningMemory;
let turns: object[];
/** How often turns were read. */
let reads: number;
let practice: TurnPractice;

const TEXTS = [
  'I like green tea in the morning.',
  'My sister repairs old bicycles in the garage.',
  'We will travel to the mountains when summer comes.',
  'Our neighbours have a garden full of roses.',
];

beforeEach(async () => {
  memory = new LearningMemory();
  [turns, reads] = [[], 0];
  const value = {
    title: 'March',
    kind: 'words_in_all',
    language: '',
    starts_at: '2026-03-01T00:00:00.000Z',
    ends_at: ENDS,
    time_zone: 'UTC',
    targets: [],
  };
  await memory.create('acme', 'contest', { id: contest, value });
  const begin = {
    joined_at: '2026-03-02T00:00:00.000Z',
    words: 0,
    days: {},
    different: [],
    different_words: 0,
    turns: 0,
    said: [],
    counted: {},
  };
  const refused = { repetition: 0, playback: 0, speed: 0 };
  await memory.create('acme', 'contest_entry', {
    id: entry,
    parent: contest,
    user: 'ada',
    rank: 0,
    dueAt: new Date(ENDS),
    value: { name: 'Ada', ...begin, refused },
  });
  const sessions = {
    find: async (_: string, id: string) => ({ id, user: 'ada' }),
  } as unknown as SessionRepository;
  const list = async (_: string, __: string, { after, limit }: { after: number; limit: number }) => {
    reads += 1;
    return (turns as { sequence: number }[]).filter(({ sequence }) => sequence > after).slice(0, limit);
  };
  practice = new TurnPractice(memory.repository, sessions, { list } as unknown as TurnRepository);
});

/** A spoken turn of the session, stored. */
function spoken(sequence: number, text = TEXTS[sequence - 1]!, at = AT) {
  const turn = aTurn({ identity: anIdentity({ session }), sequence, text, occurredAt: at });
  turns.push({
    ...turn,
    id: turn.identity.turn,
    createdAt: new Date(at),
    draft: [],
    reply: { text: 'I see.' },
  });
  return turn;
}
const standing = async () => (await memory.find('acme', 'contest_entry', entry))!;
const valueOf = async () => (await standing()).value as ContestEntry;

describe('what a turn counts in a contest', () => {
  it('is counted once, however often it is delivered', async () => {
    const [first, second] = [spoken(1), spoken(2)];
    for (const turn of [first, first, second, first, second]) await practice.count(turn);
    expect(await valueOf()).toMatchObject({ words: 15, turns: 2, counted: { [session]: 2 } });
    expect((await standing()).rank).toBe(15);
  });

  it('is counted with the next turn where its own count was lost, in any order', async () => {
    const [first, , third] = [spoken(1), spoken(2), spoken(3)];
    await practice.count(third);
    await practice.count(first);
    expect(await valueOf()).toMatchObject({ words: 24, turns: 3 });
  });

  it('is counted once where two deliveries come at the same time', async () => {
    const [first, second] = [spoken(1), spoken(2)];
    await Promise.all([practice.count(first), practice.count(second), practice.count(first)]);
    expect(await valueOf()).toMatchObject({ words: 15, turns: 2 });
  });

  it('reads only what is new of a long session', async () => {
    for (let sequence = 1; sequence <= 250; sequence += 1)
      spoken(sequence, `${TEXTS[sequence % 4]} Number ${sequence} of ${sequence * 7} it is.`);
    await practice.count(spoken(251, TEXTS[0]));
    const before = reads;
    await practice.count(spoken(252, TEXTS[1]));
    expect([before, reads - before]).toEqual([3, 1]);
    expect((await valueOf()).counted).toEqual({ [session]: 252 });
  });

  it('does not count before the learner joined, or after the end', async () => {
    await practice.count(spoken(1, TEXTS[0], '2026-03-01T12:00:00.000Z'));
    expect(await valueOf()).toMatchObject({ words: 0, counted: { [session]: 1 } });
    const late = spoken(2, TEXTS[1], '2026-03-09T00:00:00.000Z');
    await practice.count(late);
    expect(await valueOf()).toMatchObject({ words: 0 });
  });

  it('is nothing where the turn is said again, or says what the platform said', async () => {
    await practice.count(spoken(1));
    await practice.count(spoken(2, TEXTS[0]));
    turns[1] = { ...turns[1], reply: { text: 'What would you like to tell me about your green tea today?' } };
    await practice.count(spoken(3, 'What would you like to tell me about your green tea today?'));
    expect(await valueOf()).toMatchObject({ words: 7, refused: { repetition: 1, playback: 1, speed: 0 } });
  });
});

describe('the days of practice', () => {
  it('have the turn’s quarter of an hour, once', async () => {
    await practice.count(spoken(1));
    await practice.count(spoken(2));
    const { value } = (await memory.findKeyed('acme', 'activity', 'ada'))!;
    expect((value as LearnerActivity).quarters).toEqual([Date.parse(AT) / 900_000]);
  });

  it('are not begun again by late work of a session whose learner was erased', async () => {
    const gone = { find: async () => undefined } as unknown as SessionRepository;
    await new TurnPractice(memory.repository, gone, {} as TurnRepository).count(spoken(1));
    expect(await memory.findKeyed('acme', 'activity', 'ada')).toBeUndefined();
    expect(await valueOf()).toMatchObject({ words: 0, counted: {} });
  });
});
