import { Injectable } from '@nestjs/common';
import type { TurnTranscribed } from '@parlance/contracts';
import { LearningRepository, SessionRepository } from '@parlance/persistence';

/** Exams of one learner that may run at the same time and are looked at. */
const MOST_RUNNING = 5;

/** What a turn answers where its speaker is in an exam: the exam's question, not what the coach said last. */
@Injectable()
export class ExamQuestions {
  constructor(
    private readonly learning: LearningRepository,
    private readonly sessions: SessionRepository,
  ) {}

  /** The question of the exam that the learner began last and has not answered; undefined where there is none.
   *  @throws AppError store.unavailable */
  async find({ identity: { tenant, session }, occurredAt }: TurnTranscribed): Promise<string | undefined> {
    const user = (await this.sessions.find(tenant, session))?.user;
    if (user === undefined) return undefined;
    const spokenAt = { user, at: new Date(occurredAt), limit: MOST_RUNNING, not: true };
    const exams = await this.learning.due(tenant, 'exam', spokenAt);
    const running = exams.filter(
      ({ value }) =>
        value.started_at <= occurredAt && (value.turn === undefined || value.session === session),
    );
    return running.sort((one, other) => (one.value.started_at < other.value.started_at ? 1 : -1))[0]?.value
      .question;
  }
}
