import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { Exam, Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  learningClosed,
  LearningRepository,
  TurnRepository,
  type LearningRecord,
  type TurnRecord,
} from '@parlance/persistence';
import { EXAM_PROMPTS, examResult, noteActivity, type ExamPrompt } from '@parlance/practice';
import { StoredTurns } from '../../turns/stored-turns.service.js';
import { parseRequest } from '../request-fields.js';
import { examAnswerSchema, examCreateSchema, promptQuerySchema } from './exams.schema.js';
import { idOf, learnerOf, learningPageSchema, pageOf, viewOf, type Query } from './learning-requests.js';

type ExamRecord = LearningRecord<'exam'>;

/** Exams of one learner. */
const MOST_EXAMS = 5_000;
/** Exams that are looked at for the prompts that a learner had lately. */
const LATELY = 100;
/** Upload and recognition of an answer that was spoken in time. */
const LATE_MS = 20_000;
/** Clocks and frames are not exact. */
const EARLY_MS = 1_000;
/** A report comes seconds behind its reply; an answer without one by then is judged without. */
const REPORT_MS = 60_000;

const RUBRIC = [
  { criterion: 'delivery', measures: 'pace, pauses, fluency and sound of the recording' },
  { criterion: 'language', measures: 'grammar and vocabulary, by the report on the turn' },
  { criterion: 'content', measures: 'whether it answers, and hangs together, by the report on the turn' },
  { criterion: 'timing', measures: 'how much of the speaking time it uses' },
] as const;

/** Speaking exams over HTTP: the times of the prompt hold, by the clock of the server. */
@Injectable()
export class ExamRequests {
  constructor(
    private readonly learning: LearningRepository,
    private readonly turns: StoredTurns,
    private readonly storedTurns: TurnRepository,
  ) {}

  /** All prompts: there are few. */
  prompts(query: Query) {
    const { level } = parseRequest(promptQuerySchema, query);
    const prompts = EXAM_PROMPTS.filter((one) => level === undefined || one.level === level);
    return { prompts: prompts.map(promptView), rubric: [...RUBRIC] };
  }

  /** Preparation begins now. @throws AppError request.invalid for a prompt that there is not, quota.exceeded */
  async start(caller: Principal, body: unknown, now = new Date()) {
    const { prompt: named } = parseRequest(examCreateSchema, body ?? {});
    const { tenant, user } = learnerOf(caller);
    if ((await this.learning.countOf(tenant, 'exam', { user })) >= MOST_EXAMS)
      throw new AppError('quota.exceeded', `The learner has ${MOST_EXAMS} exams, which is the most.`);
    const prompt = named === undefined ? await this.nextPrompt(tenant, user) : promptOf(named);
    const from = now.getTime() + prompt.preparationSeconds * 1_000;
    const value: Exam = {
      prompt: prompt.id,
      question: prompt.question,
      status: 'running',
      started_at: now.toISOString(),
      speaking_from: new Date(from).toISOString(),
      speaking_until: new Date(from + prompt.speakingSeconds * 1_000).toISOString(),
    };
    return view(await this.learning.create(tenant, 'exam', { id: ulid(), user, value }), now);
  }

  async list({ tenant, user }: Principal, query: Query, now = new Date()) {
    const { limit, cursor } = parseRequest(learningPageSchema, query);
    const found = await this.learning.page(tenant, 'exam', { user, before: cursor, limit: limit + 1 });
    const { items, next_cursor } = pageOf(found, limit);
    return { exams: items.map((one) => view(one, now)), next_cursor };
  }

  async find(caller: Principal, id: string, now = new Date()) {
    const found = await this.learning.getFor(caller, 'exam', idOf(id));
    return view(await this.judged(caller.tenant, found, now), now);
  }

  /**
   * Takes the turn in which the prompt was answered.
   * @throws AppError learning.closed where it was spoken too early or too late, or there is an answer already; turn.not_found;
   *   request.invalid where the turn was typed
   */
  async answer(caller: Principal, id: string, body: unknown, now = new Date()) {
    const { turn: turnId } = parseRequest(examAnswerSchema, body ?? {});
    const { tenant, user } = learnerOf(caller);
    const exam = await this.learning.getFor({ tenant, user }, 'exam', idOf(id));
    const turn = await this.turns.getFor({ tenant, user }, turnId);
    const changed = await this.learning.update(tenant, 'exam', exam.id, ({ value }) => {
      if (value.turn === turn.id) return undefined;
      if (value.turn !== undefined) throw learningClosed('The exam has its answer already.');
      requireInTime(value, turn);
      return { value: { ...value, status: 'judging', session: turn.session, turn: turn.id } };
    });
    await noteActivity(this.learning, tenant, user, now);
    return view(await this.judged(tenant, changed, now), now);
  }

  /** The exam with its result, once the report on the turn is there. */
  private async judged(tenant: string, exam: ExamRecord, now: Date): Promise<ExamRecord> {
    const { status, session, turn: id } = exam.value;
    if (status !== 'judging' || session === undefined || id === undefined) return exam;
    const turn = await this.storedTurns.find({ tenant, session, turn: id });
    const isOverdue = now.getTime() - exam.updatedAt.getTime() > REPORT_MS;
    const isReported = turn?.feedback !== undefined || turn?.text.trim() === '' || turn?.state === 'failed';
    if (!isReported && !isOverdue) return exam;
    return this.learning.update(tenant, 'exam', exam.id, ({ value }) => {
      if (value.status !== 'judging') return undefined;
      const { speakingSeconds } = promptOf(value.prompt);
      const result = examResult(turn ?? { text: '' }, speakingSeconds);
      return { value: { ...value, status: 'judged', result } };
    });
  }

  private async nextPrompt(tenant: string, user: string): Promise<ExamPrompt> {
    const lately = await this.learning.page(tenant, 'exam', { user, limit: LATELY });
    const newestFirst = lately.sort((one, other) => (one.value.started_at > other.value.started_at ? -1 : 1));
    const had = newestFirst.map(({ value }) => value.prompt);
    // What stands furthest back was longest ago.
    const age = ({ id }: ExamPrompt) => (had.includes(id) ? had.indexOf(id) : had.length);
    return EXAM_PROMPTS.reduce((oldest, one) => (age(one) > age(oldest) ? one : oldest));
  }
}

/** @throws AppError learning.closed, request.invalid */
function requireInTime({ started_at, speaking_from, speaking_until }: Exam, turn: TurnRecord): void {
  if (!turn.measures && turn.text.trim() !== '')
    throw new AppError('request.invalid', 'turn: was not spoken to this platform, and an exam is');
  const ended = turn.createdAt.getTime();
  // It was spoken before it was stored: it began this long before that, or earlier.
  const began = ended - (turn.measures?.audioMs ?? 0);
  if (ended < Date.parse(started_at)) throw learningClosed('The turn was taken before the exam began.');
  if (began < Date.parse(speaking_from) - EARLY_MS)
    throw learningClosed('The turn was begun while there was still time to prepare.');
  if (ended > Date.parse(speaking_until) + LATE_MS) throw learningClosed('The time to speak is over.');
}

/** @throws AppError request.invalid */
function promptOf(id: string): ExamPrompt {
  const found = EXAM_PROMPTS.find((prompt) => prompt.id === id);
  if (!found) throw new AppError('request.invalid', 'prompt: there is no such exam prompt');
  return found;
}

function promptView({ id, topic, level, question, preparationSeconds, speakingSeconds }: ExamPrompt) {
  return {
    id,
    topic,
    level,
    question,
    preparation_seconds: preparationSeconds,
    speaking_seconds: speakingSeconds,
  };
}

/** An exam whose time went by without an answer has expired, though nobody has noted it. */
function view(exam: ExamRecord, now: Date) {
  const isExpired =
    exam.value.status === 'running' && now.getTime() > Date.parse(exam.value.speaking_until) + LATE_MS;
  return { ...viewOf(exam), ...(isExpired ? { status: 'expired' as const } : {}) };
}
