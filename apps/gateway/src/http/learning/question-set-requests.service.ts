import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { ulid } from 'ulid';
import {
  LONGEST_ANSWER,
  QUESTIONS_PER_SET,
  textHead,
  type PracticeTask,
  type Principal,
  type QuestionAnswer,
  type QuestionSet,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import {
  learningClosed,
  LearningRepository,
  SessionRepository,
  type LearningRecord,
} from '@parlance/persistence';
import { noteActivity } from '@parlance/practice';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { Quotas } from '../../quotas/quotas.service.js';
import { StoredTurns } from '../../turns/stored-turns.service.js';
import { parseRequest } from '../request-fields.js';
import { idOf, learnerOf, learningPageSchema, pageOf, viewOf, type Query } from './learning-requests.js';
import { questionAnswerBodySchema, questionSetCreateSchema } from './question-sets.schema.js';

type SetRecord = LearningRecord<'question_set'>;

/** Sets of one learner. */
const MOST_SETS = 5_000;
/** How long a request waits for what is made; then its URL is polled. */
const WAIT_MS = 2_500;
const ASK_EVERY_MS = 100;
/** What is not made by then is asked for again: the process that was to ask may have died. */
const OVERDUE_MS = 10_000;

/** Sets of ten questions over HTTP. The conversation service makes questions and reports; the store says when they are there. */
@Injectable()
export class QuestionSetRequests {
  private readonly base: string;

  constructor(
    private readonly learning: LearningRepository,
    private readonly sessions: SessionRepository,
    private readonly turns: StoredTurns,
    private readonly bus: MessageBus,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) { http }: Pick<GatewayConfig, 'http'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.base = http.publicUrl;
  }

  /** @throws AppError session.not_found, quota.exceeded, quota.tokens_exceeded, upstream.unavailable */
  async create(caller: Principal, body: unknown, usedBy: QuotaSubject) {
    const { topic, transcript, session, ...rest } = parseRequest(questionSetCreateSchema, body ?? {});
    const { tenant, user } = learnerOf(caller);
    if (session !== undefined) await this.sessions.getFor({ tenant, user }, session);
    if ((await this.learning.countOf(tenant, 'question_set', { user })) >= MOST_SETS)
      throw new AppError(
        'quota.exceeded',
        `The learner has ${MOST_SETS} sets of questions, which is the most.`,
      );
    await this.quotas.require(usedBy, ['tokens']);
    const source = topic ? 'topic' : transcript ? 'transcript' : session ? 'session' : 'random';
    const value: QuestionSet = {
      status: 'making',
      source,
      ...(topic === undefined ? {} : { topic }),
      ...(transcript === undefined ? {} : { transcript }),
      ...(session === undefined ? {} : { session }),
      ...rest,
      questions: [],
      made_by: [],
      answers: [],
    };
    const made = await this.learning.create(tenant, 'question_set', { id: ulid(), user, value });
    await this.ask(tenant, made, usedBy.key);
    return this.view(await this.whenMade(tenant, made));
  }

  async list({ tenant, user }: Principal, query: Query) {
    const { limit, cursor } = parseRequest(learningPageSchema, query);
    const page = { user, before: cursor, limit: limit + 1 };
    const { items, next_cursor } = pageOf(await this.learning.page(tenant, 'question_set', page), limit);
    return { question_sets: items.map((one) => this.view(one)), next_cursor };
  }

  async find(caller: Principal, id: string) {
    const found = await this.learning.getFor(caller, 'question_set', idOf(id));
    if (isBeingMade(found) && Date.now() - found.updatedAt.getTime() > OVERDUE_MS)
      await this.askAgain(caller.tenant, found);
    return this.view(found);
  }

  /** Another answer to the same question replaces the one before. After the last question the report is made.
   *  @throws AppError learning.closed where the set takes no answers, turn.not_found */
  async answer(caller: Principal, id: string, body: unknown, { key }: Pick<QuotaSubject, 'key'>) {
    const { question, text, turn } = parseRequest(questionAnswerBodySchema, body ?? {});
    const { tenant, user } = learnerOf(caller);
    const standing = await this.learning.getFor({ tenant, user }, 'question_set', idOf(id));
    const said = turn === undefined ? { text: text! } : await this.saidIn({ tenant, user }, turn);
    const at = new Date();
    const changed = await this.learning.update(tenant, 'question_set', standing.id, ({ value }) => {
      requireOpen(value);
      const given: QuestionAnswer = {
        question: questionOf(value, question, turn),
        ...said,
        at: at.toISOString(),
      };
      const answers = [...value.answers.filter((one) => one.question !== given.question), given];
      const isLast = answers.length === QUESTIONS_PER_SET;
      return { value: { ...value, answers, ...(isLast ? { status: 'reporting' } : {}) } };
    });
    await noteActivity(this.learning, tenant, user, at);
    return this.reported(tenant, changed, key);
  }

  /** Reports on what was answered, though not all was. @throws AppError learning.closed where nothing was answered */
  async finish(caller: Principal, id: string, { key }: Pick<QuotaSubject, 'key'>) {
    const standing = await this.learning.getFor(caller, 'question_set', idOf(id));
    const changed = await this.learning.update(caller.tenant, 'question_set', standing.id, ({ value }) => {
      if (value.status === 'reporting' || value.status === 'reported') return undefined;
      requireOpen(value);
      if (value.answers.length === 0) throw learningClosed('No question of the set has an answer.');
      return { value: { ...value, status: 'reporting' } };
    });
    return this.reported(caller.tenant, changed, key);
  }

  async delete(caller: Principal, id: string): Promise<void> {
    const { id: found } = await this.learning.getFor(caller, 'question_set', idOf(id));
    await this.learning.delete(caller.tenant, 'question_set', found);
  }

  private async reported(tenant: string, set: SetRecord, key: string | undefined) {
    if (set.value.status !== 'reporting') return this.view(set);
    await this.ask(tenant, set, key);
    return this.view(await this.whenMade(tenant, set));
  }

  /** What was said in a turn of the learner's own. */
  private async saidIn(learner: Required<Principal>, id: string) {
    const { text, session, id: turn } = await this.turns.getFor(learner, id);
    if (text.trim() === '') throw new AppError('request.invalid', 'turn: no words were understood in it');
    return { text: textHead(text, LONGEST_ANSWER), session, turn };
  }

  /** A second message about the same is dropped by its id. */
  private async ask(tenant: string, { id, value }: SetRecord, key?: string): Promise<void> {
    const task: PracticeTask['task'] = value.status === 'making' ? 'questions' : 'report';
    const usedBy = key === undefined ? {} : { usedBy: { key } };
    await this.bus.publishWork('practiceTask', { identity: { tenant }, set: id, task, ...usedBy });
  }

  /** What stands can be read, though the bus is away. */
  private async askAgain(tenant: string, set: SetRecord): Promise<void> {
    try {
      await this.ask(tenant, set);
    } catch (error) {
      this.logger.warn({ err: error, set: set.id }, 'an overdue practice task could not be asked for again');
    }
  }

  private async whenMade(tenant: string, set: SetRecord): Promise<SetRecord> {
    const until = Date.now() + WAIT_MS;
    let standing = set;
    while (isBeingMade(standing) && Date.now() < until) {
      await delay(ASK_EVERY_MS);
      standing = await this.learning.getFor({ tenant }, 'question_set', set.id);
    }
    return standing;
  }

  private view(set: SetRecord) {
    return { ...viewOf(set), url: `${this.base}/api/v1/practice/question-sets/${set.id}` };
  }
}

export function isBeingMade({ value }: Pick<SetRecord, 'value'>): boolean {
  return value.status === 'making' || value.status === 'reporting';
}

/** @throws AppError learning.closed */
function requireOpen({ status }: QuestionSet): void {
  if (status === 'making') throw learningClosed('The questions are still being made: ask again in a moment.');
  if (status !== 'open') throw learningClosed('The set takes no more answers: begin a new one.');
}

/** The question that an answer is for. A turn that answers one already, sent again, is for that one.
 *  @throws AppError request.invalid */
function questionOf(
  { questions, answers }: QuestionSet,
  named: string | undefined,
  turn: string | undefined,
): string {
  const ids = questions.map(({ id }) => id);
  if (named !== undefined) {
    if (ids.includes(named)) return named;
    throw new AppError('request.invalid', `question: the set has no ${named}`);
  }
  const again = turn === undefined ? undefined : answers.find((one) => one.turn === turn)?.question;
  return again ?? ids.find((id) => !answers.some(({ question }) => question === id))!;
}
