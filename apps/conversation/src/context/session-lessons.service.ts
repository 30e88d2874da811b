import { Injectable } from '@nestjs/common';
import { ulidSchema, type Lesson, type TurnTranscribed } from '@parlance/contracts';
import {
  LearningRepository,
  RankedLearningRepository,
  SessionRepository,
  type LearningRecord,
  type SessionRecord,
} from '@parlance/persistence';

/** Places of lessons that are read together, for the first one that is not completed: few at first, then all that a course may have. */
const FIRST_LINES = 20;
const MORE_LINES = 200;
/** Sessions whose lesson is kept here, those that spoke last; a lesson has 16,000 characters at most. */
const MOST_SESSIONS = 500;

/** What of a session says which lesson it is for. */
type LessonSource = Pick<SessionRecord, 'tenant' | 'id' | 'user' | 'context'>;
type LessonRecord = LearningRecord<'lesson'>;
type EnrolmentRecord = LearningRecord<'enrolment'>;

/** The stored lesson that a session is for: the one it names, else the first of its enrolment that is not completed. It is read once for the
 *  session, and again when the learner has completed it: the next one then. Ids of the tenant's own system name none. */
@Injectable()
export class SessionLessons {
  /** By session, the one that spoke last at the end. */
  private readonly kept = new Map<string, LessonRecord>();

  constructor(
    private readonly learning: LearningRepository,
    private readonly ranked: RankedLearningRepository,
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
  private async enrolmentOf({ tenant, user, context }: LessonSource): Promise<EnrolmentRecord | undefined> {
    const id = ulidSchema.safeParse(context.enrolment);
    if (!id.success || user === undefined) return undefined;
    const found = await this.learning.find(tenant, 'enrolment', id.data);
    return found?.user === user ? found : undefined;
  }

  private async lessonOf(
    session: LessonSource,
    enrolment: EnrolmentRecord | undefined,
  ): Promise<LessonRecord | undefined> {
    const { tenant, id, context } = session;
    const key = JSON.stringify([tenant, id, context.lesson, enrolment?.id]);
    const kept = this.kept.get(key);
    const isNamed = context.lesson !== undefined;
    const holds = kept && (isNamed || (enrolment && !isCompleted(enrolment, kept)));
    const lesson = holds
      ? kept
      : isNamed
        ? await this.named(tenant, context.lesson)
        : enrolment && (await this.next(tenant, enrolment, kept));
    this.keep(key, lesson);
    return lesson;
  }

  private keep(key: string, lesson: LessonRecord | undefined): void {
    this.kept.delete(key);
    if (lesson) this.kept.set(key, lesson);
    const [oldest] = this.kept.keys();
    if (oldest !== undefined && this.kept.size > MOST_SESSIONS) this.kept.delete(oldest);
  }

  private async named(tenant: string, lesson: unknown): Promise<LessonRecord | undefined> {
    const id = ulidSchema.safeParse(lesson);
    return id.success ? this.learning.find(tenant, 'lesson', id.data) : undefined;
  }

  /** The first lesson that is not completed, by position. @param before  one up to which all were: it is looked on from there */
  private async next(
    tenant: string,
    enrolment: EnrolmentRecord,
    before: LessonRecord | undefined,
  ): Promise<LessonRecord | undefined> {
    let after = before && { rank: before.rank!, id: before.id };
    for (let limit = FIRST_LINES; ; limit = MORE_LINES) {
      const page = { order: 'ascending', after, limit } as const;
      const lines = await this.ranked.lines(tenant, 'lesson', enrolment.value.course, [], page);
      const next = lines.find((line) => !isCompleted(enrolment, line));
      if (next) return this.learning.find(tenant, 'lesson', next.id);
      if (lines.length < limit) break;
      after = lines.at(-1);
    }
    // Lessons were put in front, or reopened, since the one that the session was for.
    return before && this.next(tenant, enrolment, undefined);
  }
}

function isCompleted({ value }: EnrolmentRecord, { id }: { readonly id: string }): boolean {
  return value.progress[id]?.status === 'completed';
}
