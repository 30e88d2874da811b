import { Injectable } from '@nestjs/common';
import { ulidSchema, type Lesson, type TurnTranscribed } from '@parlance/contracts';
import {
  LearningRepository,
  SessionRepository,
  type LearningRecord,
  type SessionRecord,
} from '@parlance/persistence';

/** Lessons of a course that are looked at for the first one that is not completed; a course has no more. */
const MOST_LESSONS = 200;

/** What of a session says which lesson it is for. */
type LessonSource = Pick<SessionRecord, 'tenant' | 'user' | 'context'>;

/** The stored lesson that a session is for: the one it names, else the first of its enrolment that is not completed. Ids of the tenant's
 *  own system name none. */
@Injectable()
export class SessionLessons {
  constructor(
    private readonly learning: LearningRepository,
    private readonly sessions: SessionRepository,
  ) {}

  /** @throws AppError store.unavailable */
  async find(session: LessonSource): Promise<Lesson | undefined> {
    const enrolment = await this.enrolmentOf(session);
    return (await this.lessonOf(session, enrolment))?.value;
  }

  /** Notes in the learner's enrolment that a turn was taken in the lesson; does nothing the second time. A lesson that is
   *  completed stays so. @throws AppError store.unavailable */
  async noteTurn({ identity: { tenant, session: id }, occurredAt }: TurnTranscribed): Promise<void> {
    const session = await this.sessions.find(tenant, id);
    const enrolment = session && (await this.enrolmentOf(session));
    const lesson = enrolment && (await this.lessonOf(session, enrolment));
    // A lesson of another course is taught all the same, without progress in this one.
    if (!lesson || lesson.parent !== enrolment.parent) return;
    if (enrolment.value.progress[lesson.id]?.session === id) return;
    await this.learning.update(tenant, 'enrolment', enrolment.id, ({ value }) => {
      const before = value.progress[lesson.id] ?? { status: 'started', started_at: occurredAt };
      const progress = { ...value.progress, [lesson.id]: { ...before, session: id } };
      return { value: { ...value, progress } };
    });
  }

  /** Another learner's is none. */
  private async enrolmentOf({ tenant, user, context }: LessonSource) {
    const id = ulidSchema.safeParse(context.enrolment);
    if (!id.success || user === undefined) return undefined;
    const found = await this.learning.find(tenant, 'enrolment', id.data);
    return found?.user === user ? found : undefined;
  }

  private async lessonOf(
    { tenant, context }: LessonSource,
    enrolment: LearningRecord<'enrolment'> | undefined,
  ): Promise<LearningRecord<'lesson'> | undefined> {
    if (context.lesson !== undefined) {
      const id = ulidSchema.safeParse(context.lesson);
      return id.success ? this.learning.find(tenant, 'lesson', id.data) : undefined;
    }
    if (!enrolment) return undefined;
    const { course, progress } = enrolment.value;
    const page = { order: 'ascending', limit: MOST_LESSONS } as const;
    const lessons = await this.learning.ranked(tenant, 'lesson', course, page);
    return lessons.find(({ id }) => progress[id]?.status !== 'completed');
  }
}
