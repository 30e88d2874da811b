import { beforeEach, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import { lessonSchema, type SessionContext } from '@parlance/contracts';
import type { SessionRepository } from '@parlance/persistence';
import { LearningMemory } from '../../../../test/support/learning-memory.js';
import { aSessionContext } from '../../../../test/support/prompt-factory.js';
import { anIdentity, aTurn } from '../../../../test/support/turn-factory.js';
import { SessionLessons } from './session-lessons.service.js';

const course = ulid();
const [first, second, foreign] = [ulid(), ulid(), ulid()];
const enrolment = ulid();
let memory: LearningMemory;
let lessons: SessionLessons;
let context: SessionContext;
let user: string | undefined;
let session: string;

beforeEach(async () => {
  memory = new LearningMemory();
  for (const [index, [id, parent]] of [
    [second, course],
    [first, course],
    [foreign, ulid()],
  ].entries()) {
    const value = lessonSchema.parse({ title: `Lesson ${id}`, position: 5 - index });
    await memory.create('acme', 'lesson', { id: id!, parent, value, rank: value.position });
  }
  const value = { course, learner: 'ada', progress: {} };
  await memory.create('acme', 'enrolment', { id: enrolment, parent: course, user: 'ada', value });
  user = 'ada';
  session = ulid();
  const sessions = {
    find: async (_: string, id: string) => ({ tenant: 'acme', id, user, context }),
  } as unknown as SessionRepository;
  lessons = new SessionLessons(memory.repository, memory.ranked, sessions);
});

const titleOf = async (tenant = 'acme') =>
  (await lessons.find({ tenant, id: session, user, context } as never))?.title;
const progress = async () =>
  ((await memory.find('acme', 'enrolment', enrolment))!.value as { progress: Record<string, object> })
    .progress;

describe('the lesson of a session', () => {
  it('is the stored one that it names', async () => {
    context = aSessionContext({ lesson: second });
    expect(await titleOf()).toBe(`Lesson ${second}`);
  });

  it('is else the first of its enrolment by position that is not completed', async () => {
    context = aSessionContext({ enrolment });
    expect(await titleOf()).toBe(`Lesson ${first}`);
    await memory.update('acme', 'enrolment', enrolment, ({ value }) => ({
      value: { ...value, progress: { [first]: { status: 'completed' } } },
    }));
    expect(await titleOf()).toBe(`Lesson ${second}`);
  });

  it('is read once, whatever the course has beside it, and the next one once it is completed', async () => {
    const ids: string[] = [first, second];
    for (let position = 10; position < 110; position += 1) {
      const id = ulid();
      ids.push(id);
      const value = lessonSchema.parse({ title: `Lesson ${id}`, position });
      await memory.create('acme', 'lesson', { id, parent: course, value, rank: position });
    }
    const complete = (...done: readonly string[]) =>
      memory.update('acme', 'enrolment', enrolment, ({ value }) => ({
        value: {
          ...value,
          progress: Object.fromEntries(done.map((id) => [id, { status: 'completed' }])),
        },
      }));
    context = aSessionContext({ enrolment });
    await complete(...ids.slice(0, 90));
    expect(await titleOf()).toBe(`Lesson ${ids[90]}`);
    const before = memory.reads();
    for (let turn = 0; turn < 50; turn += 1) expect(await titleOf()).toBe(`Lesson ${ids[90]}`);
    expect(memory.reads() - before).toEqual(0);
    await complete(...ids.slice(0, 91));
    expect(await titleOf()).toBe(`Lesson ${ids[91]}`);
    // The places behind the one before, and the lesson.
    expect(memory.reads() - before).toBeLessThanOrEqual(21);
    // A lesson that was reopened, when all others are done.
    await complete(...ids.slice(1));
    expect(await titleOf()).toBe(`Lesson ${first}`);
  });

  it('is one for each session', async () => {
    context = aSessionContext({ enrolment });
    expect(await titleOf()).toBe(`Lesson ${first}`);
    context = aSessionContext({ lesson: second });
    expect(await titleOf()).toBe(`Lesson ${second}`);
    session = ulid();
    context = aSessionContext({ enrolment });
    expect(await titleOf()).toBe(`Lesson ${first}`);
  });

  it.each([
    ['an id of the tenant’s own system', { lesson: 'l-7', enrolment: 'e-9' }, 'acme', 'ada'],
    ['another tenant’s lesson', { lesson: first }, 'globex', 'ada'],
    ['another learner’s enrolment', { enrolment }, 'acme', 'bob'],
    ['an enrolment in a session of nobody', { enrolment }, 'acme', undefined],
    ['an operator', { lesson: '{"$gt":""}' }, 'acme', 'ada'],
  ])('is none for %s', async (_, named, tenant, who) => {
    user = who;
    context = aSessionContext(named);
    expect(await titleOf(tenant)).toBeUndefined();
  });

  it('is noted as begun once a turn is taken in it, and stays completed', async () => {
    context = aSessionContext({ enrolment, lesson: first });
    const turn = aTurn({ identity: anIdentity() });
    await lessons.noteTurn(turn);
    const begun = { status: 'started', started_at: turn.occurredAt, session: turn.identity.session };
    expect(await progress()).toEqual({ [first]: begun });
    const { version } = (await memory.find('acme', 'enrolment', enrolment))!;
    await lessons.noteTurn(turn);
    expect((await memory.find('acme', 'enrolment', enrolment))!.version).toBe(version);
    await memory.update('acme', 'enrolment', enrolment, ({ value }) => ({
      value: { ...value, progress: { [first]: { ...begun, status: 'completed' } } },
    }));
    await lessons.noteTurn(aTurn());
    expect(await progress()).toMatchObject({ [first]: { status: 'completed' } });
  });

  it('of another course leaves the enrolment as it is', async () => {
    context = aSessionContext({ enrolment, lesson: foreign });
    await lessons.noteTurn(aTurn());
    expect(await progress()).toEqual({});
  });
});
