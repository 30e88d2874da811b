import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { z } from 'zod';
import { courseSchema, lessonSchema, type Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  learningNotFound,
  LearningRepository,
  RankedLearningRepository,
  type LearningRecord,
} from '@parlance/persistence';
import { parseRequest } from '../request-fields.js';
import { givenOf } from '../voice-session.schema.js';
import { courseChangeSchema, deleteSchema, lessonChangeSchema, lessonPageSchema } from './courses.schema.js';
import { idOf, learningPageSchema, pageOf, viewOf, type Query } from './learning-requests.js';

/** A tenant has no more courses, and a course no more lessons. */
const MOST_COURSES = 1_000;
const MOST_LESSONS = 200;
/** Characters of a lesson as JSON: all of it is given to the model that answers. */
const LONGEST_LESSON = 16_000;

/** Courses and their lessons over HTTP: bodies and queries in, views out. Every caller reads; authors change. */
@Injectable()
export class CourseRequests {
  constructor(
    private readonly learning: LearningRepository,
    private readonly ranked: RankedLearningRepository,
  ) {}

  async list({ tenant }: Principal, query: Query) {
    const { limit, cursor } = parseRequest(learningPageSchema, query);
    const found = await this.learning.page(tenant, 'course', { before: cursor, limit: limit + 1 });
    const { items, next_cursor } = pageOf(found, limit);
    return { courses: items.map(viewOf), next_cursor };
  }

  async create({ tenant }: Principal, body: unknown) {
    const value = parseRequest(courseSchema, body ?? {});
    if ((await this.learning.countOf(tenant, 'course')) >= MOST_COURSES)
      throw new AppError('quota.exceeded', `The tenant has ${MOST_COURSES} courses, which is the most.`);
    return viewOf(await this.learning.create(tenant, 'course', { id: ulid(), value }));
  }

  async find({ tenant }: Principal, id: string) {
    return viewOf(await this.learning.getFor({ tenant }, 'course', idOf(id)));
  }

  async update({ tenant }: Principal, id: string, body: unknown) {
    const { version, ...changes } = changesIn(courseChangeSchema, body);
    const changed = await this.learning.update(
      tenant,
      'course',
      idOf(id),
      ({ value }) => ({ value: parseRequest(courseSchema, { ...value, ...changes }) }),
      version,
    );
    return viewOf(changed);
  }

  /** With its lessons; what learners have done in it stays theirs. */
  async delete({ tenant }: Principal, id: string, query: Query): Promise<void> {
    const { version } = parseRequest(deleteSchema, query);
    await this.learning.delete(tenant, 'course', idOf(id), version);
    await this.learning.deleteOf(tenant, 'lesson', id);
  }

  async lessons({ tenant }: Principal, course: string, query: Query) {
    const { limit, cursor } = parseRequest(lessonPageSchema, query);
    await this.learning.getFor({ tenant }, 'course', idOf(course));
    const page = { order: 'ascending', after: cursor, limit: limit + 1 } as const;
    const found = await this.ranked.page(tenant, 'lesson', course, page);
    const { items, next_cursor: last } = pageOf(found, limit);
    const rank = items.at(-1)?.rank ?? 0;
    return { lessons: items.map(lessonView), next_cursor: last === null ? null : `${rank}.${last}` };
  }

  async createLesson({ tenant }: Principal, course: string, body: unknown) {
    const value = parseRequest(lessonSchema, body ?? {});
    refuseTooLong(value);
    await this.learning.getFor({ tenant }, 'course', idOf(course));
    if ((await this.learning.countOf(tenant, 'lesson', { parent: course })) >= MOST_LESSONS)
      throw new AppError('quota.exceeded', `The course has ${MOST_LESSONS} lessons, which is the most.`);
    const begin = { id: ulid(), value, parent: course, rank: value.position };
    return lessonView(await this.learning.create(tenant, 'lesson', begin));
  }

  async findLesson(caller: Principal, course: string, id: string) {
    return lessonView(await this.lessonOf(caller, course, id));
  }

  async updateLesson(caller: Principal, course: string, id: string, body: unknown) {
    const { version, ...changes } = changesIn(lessonChangeSchema, body);
    await this.lessonOf(caller, course, id);
    const changed = await this.learning.update(
      caller.tenant,
      'lesson',
      id,
      ({ value: before }) => {
        const value = parseRequest(lessonSchema, { ...before, ...changes });
        refuseTooLong(value);
        return { value, rank: value.position };
      },
      version,
    );
    return lessonView(changed);
  }

  async deleteLesson(caller: Principal, course: string, id: string, query: Query): Promise<void> {
    const { version } = parseRequest(deleteSchema, query);
    await this.lessonOf(caller, course, id);
    await this.learning.delete(caller.tenant, 'lesson', id, version);
  }

  /** @throws AppError learning.not_found also for the lesson of another course */
  private async lessonOf(
    { tenant }: Principal,
    course: string,
    id: string,
  ): Promise<LearningRecord<'lesson'>> {
    const lesson = await this.learning.getFor({ tenant }, 'lesson', idOf(id));
    if (lesson.parent !== course) throw learningNotFound();
    return lesson;
  }
}

function lessonView(lesson: LearningRecord<'lesson'>) {
  return { ...viewOf(lesson), course: lesson.parent! };
}

/** What a body names of the fields: their defaults stay out. @throws AppError request.invalid also where it names nothing to change */
function changesIn<Schema extends z.ZodType<object>>(schema: Schema, body: unknown) {
  const changes = givenOf(parseRequest(schema, body ?? {}) as z.output<Schema>, body);
  if (Object.keys(changes).every((name) => name === 'version'))
    throw new AppError('request.invalid', 'body: names nothing to change');
  return changes;
}

/** @throws AppError request.invalid */
function refuseTooLong(value: object): void {
  const { length } = JSON.stringify(value);
  if (length > LONGEST_LESSON)
    throw new AppError(
      'request.invalid',
      `body: makes a lesson of ${length} characters; ${LONGEST_LESSON} at most`,
    );
}
