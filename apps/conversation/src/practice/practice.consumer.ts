import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { PracticeTask, RequestIdentity } from '@parlance/contracts';
import { isAppError, type AppError } from '@parlance/errors';
import { MessageBus, type WorkContext, type WorkHandler } from '@parlance/messaging';
import { LearningRepository } from '@parlance/persistence';
import { CONVERSATION_CONFIG, type ConversationConfig } from '../conversation.config.js';
import { QuestionMaker } from './question-maker.service.js';
import { ReportMaker } from './report-maker.service.js';

/** Takes from the queue what practice has to be made: questions, and reports on answers. */
@Injectable()
export class PracticeConsumer implements OnApplicationBootstrap, WorkHandler<PracticeTask> {
  constructor(
    private readonly bus: MessageBus,
    private readonly learning: LearningRepository,
    private readonly questions: QuestionMaker,
    private readonly reports: ReportMaker,
    @Inject(CONVERSATION_CONFIG) private readonly config: ConversationConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.consumeWork('practiceTask', this, this.config.work);
  }

  /** A set that was deleted meanwhile needs nothing. */
  async handle(message: PracticeTask, { signal, isRequeued }: WorkContext): Promise<void> {
    const { identity, set: id, task } = message;
    if (isRequeued) await this.withdraw(message);
    const set = await this.learning.find(identity.tenant, 'question_set', id);
    if (!set) return;
    const usedBy = { tenant: identity.tenant, key: message.usedBy?.key, user: set.user };
    const maker = task === 'questions' ? this.questions : this.reports;
    try {
      await maker.make(usedBy, set, signal);
    } catch (error) {
      // The client is told, and nobody has to look at it.
      if (!isAppError(error) || error.code !== 'model.language_unsupported') throw error;
      await this.fail(error, identity, message);
    }
  }

  async fail(error: AppError, _about: Partial<RequestIdentity>, task?: PracticeTask): Promise<void> {
    if (!task) return;
    const { code, message } = error;
    const standing = await this.learning.find(task.identity.tenant, 'question_set', task.set);
    if (!standing) return;
    await this.learning.update(task.identity.tenant, 'question_set', task.set, ({ value }) =>
      value.status === 'making' || value.status === 'reporting'
        ? { value: { ...value, status: 'failed', error: { code, message } } }
        : undefined,
    );
  }

  /** Takes the failure back that was told of a task which is done again. */
  private async withdraw({ identity: { tenant }, set, task }: PracticeTask): Promise<void> {
    if (!(await this.learning.find(tenant, 'question_set', set))) return;
    await this.learning.update(tenant, 'question_set', set, ({ value: { error: _, ...value } }) =>
      value.status === 'failed'
        ? { value: { ...value, status: task === 'questions' ? 'making' : 'reporting' } }
        : undefined,
    );
  }
}
