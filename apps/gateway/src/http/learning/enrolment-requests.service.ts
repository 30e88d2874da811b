import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { LessonProgress, Principal } from '@parlance/contracts';
import { learningNotFound, LearningRepository } from '@parlance/persistence';
import { parseRequest } from '../request-fields.js';
import { deleteSchema, enrolmentChangeSchema, enrolmentCreateSchema } from './courses.schema.js';
import { idOf, learnerOf, learningPageSchema, pageOf, viewOf, type Query } from './learning-requests.js';

/** Learners in courses, over HTTP. A learner sees their own; a key that names no learner sees all of the tenant. */
@Injectable()
export class EnrolmentRequests {
  constructor(private readonly learning: LearningRepository) {}

  async list({ tenant, user }: Principal, query: Query) {
    const { limit, cursor } = parseRequest(learningPageSchema, query);
    const found = await this.learning.page(tenant, 'enrolment', { user, before: cursor, limit: limit + 1 });
    const { items, next_cursor } = pageOf(found, limit);
    return { enrolments: items.map(viewOf), next_cursor };
  }

  /** @throws AppError learning.not_found for the course, learning.exists where the learner is in it already */
  async create(caller: Principal, body: unknown) {
    const { course } = parseRequest(enrolmentCreateSchema, body ?? {});
    const { tenant, user } = learnerOf(caller);
    await this.learning.getFor({ tenant }, 'course', course);
    const made = await this.learning.create(tenant, 'enrolment', {
      id: ulid(),
      key: JSON.stringify([user, course]),
      parent: course,
      user,
      value: { course, learner: user, progress: {} },
    });
    return viewOf(made);
  }

  async find(caller: Principal, id: string) {
    return viewOf(await this.learning.getFor(caller, 'enrolment', idOf(id)));
  }

  /** Notes that a lesson was begun or completed; one that is completed stays so until it is begun again. */
  async update(caller: Principal, id: string, body: unknown, now = new Date().toISOString()) {
    const { lesson, status, version } = parseRequest(enrolmentChangeSchema, body ?? {});
    const { value } = await this.learning.getFor(caller, 'enrolment', idOf(id));
    const found = await this.learning.find(caller.tenant, 'lesson', lesson);
    if (found?.parent !== value.course) throw learningNotFound();
    const changed = await this.learning.update(
      caller.tenant,
      'enrolment',
      id,
      ({ value: { progress, ...rest } }) => {
        const { completed_at: _, ...before } = progress[lesson] ?? { status, started_at: now };
        const after: LessonProgress = {
          ...before,
          status,
          ...(status === 'completed' ? { completed_at: now } : {}),
        };
        return { value: { ...rest, progress: { ...progress, [lesson]: after } } };
      },
      version,
    );
    return viewOf(changed);
  }

  async delete(caller: Principal, id: string, query: Query): Promise<void> {
    const { version } = parseRequest(deleteSchema, query);
    await this.learning.getFor(caller, 'enrolment', idOf(id));
    await this.learning.delete(caller.tenant, 'enrolment', id, version);
  }
}
