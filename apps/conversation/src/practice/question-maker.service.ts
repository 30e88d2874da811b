import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { textHead, type QuestionSet, type UsageSubject } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  LearningRepository,
  SessionRepository,
  TurnRepository,
  type LearningRecord,
} from '@parlance/persistence';
import {
  chooseQuestions,
  NO_HISTORY,
  QuestionBank,
  templateQuestions,
  type QuestionCandidate,
  type ChosenQuestions,
} from '@parlance/practice';
import { topicsOf } from '../coach/topic.js';
import { SessionLessons } from '../context/session-lessons.service.js';
import { isAddressedToModel } from '../context/turn-trust.js';
import { StructuredAnswers } from '../language-model/structured-answers.service.js';
import { MODERATION, ModerationService } from '../moderation/moderation.service.js';
import { questionsQuestion, readQuestions, type QuestionMaterial } from './question-request.js';

const BANK = 'question-bank';
const TEMPLATES = 'transcript-templates';
/** The language of the templates. */
const TEMPLATE_LANGUAGE = 'en';
/** Topics of a transcript that are asked about. */
const MOST_TOPICS = 10;
const LONGEST_TRANSCRIPT = 4_000;
const TURNS_READ = 100;
/** All models together take no longer; then the questions are our own. */
const LIMIT_MS = 30_000;
/** Sets whose questions a model is told, so that it does not ask them again. */
const SETS_TOLD = 5;

/** Makes the questions of a set: by a language model, else of the transcript's own words and of our own bank. */
@Injectable()
export class QuestionMaker {
  private readonly bank = QuestionBank.load();

  constructor(
    private readonly learning: LearningRepository,
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly lessons: SessionLessons,
    private readonly models: StructuredAnswers,
    private readonly moderation: ModerationService,
  ) {}

  /** Makes what is not made yet; does nothing the second time.
   *  @throws AppError model.language_unsupported where there are not enough questions of the language */
  async make(usedBy: UsageSubject, set: LearningRecord<'question_set'>, signal: AbortSignal): Promise<void> {
    if (set.value.status !== 'making') return;
    const { tenant } = usedBy;
    const material = await this.materialOf(tenant, set.value);
    const candidates = [
      ...(await this.written(usedBy, set, material, signal)),
      ...this.ownQuestions(set.value, material),
    ];
    const { questions } = await this.choose(tenant, set.user!, candidates, set.value.language);
    await this.learning.update(tenant, 'question_set', set.id, ({ value }) => {
      if (value.status !== 'making') return undefined;
      const made: QuestionSet = {
        ...value,
        status: 'open',
        questions: questions.map(({ text }, index) => ({ id: `q${index + 1}`, text })),
        made_by: [...new Set(questions.map(({ by }) => by))],
      };
      return { value: made };
    });
  }

  private async materialOf(tenant: string, set: QuestionSet): Promise<QuestionMaterial> {
    if (set.source !== 'session' || set.session === undefined)
      return { topic: set.topic, transcript: set.transcript };
    const [session, turns] = await Promise.all([
      this.sessions.find(tenant, set.session),
      this.turns.list(tenant, set.session, { limit: TURNS_READ }),
    ]);
    // What moderation kept from a model stays kept from it.
    const texts = turns.filter(({ reply }) => reply?.model !== MODERATION).map(({ text }) => text);
    return {
      transcript: textHead(texts.join('\n'), LONGEST_TRANSCRIPT),
      lesson: session && (await this.lessons.find(session)),
    };
  }

  private async written(
    usedBy: UsageSubject,
    { value, user }: LearningRecord<'question_set'>,
    material: QuestionMaterial,
    signal: AbortSignal,
  ): Promise<readonly QuestionCandidate[]> {
    if (!this.models.isConfigured) return [];
    const text = `${material.topic ?? ''} ${material.transcript ?? ''}`;
    if (isAddressedToModel(text) || (await this.moderation.refusalOf(text, signal)) !== undefined) return [];
    const before = await this.learning.page(usedBy.tenant, 'question_set', { user, limit: SETS_TOLD });
    const asked = before.flatMap(({ value: { questions } }) => questions.map((one) => one.text));
    const told = await this.models.ask(
      {
        question: questionsQuestion(value, material, asked),
        read: (answer) => readQuestions(answer, asked),
        usedBy,
        purpose: 'practice',
        otherwise: BANK,
      },
      AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    );
    return told?.value.map((question) => ({ text: question, by: told.model })) ?? [];
  }

  /** The best first. */
  private ownQuestions(
    { language, level }: QuestionSet,
    { topic, transcript, lesson }: QuestionMaterial,
  ): readonly QuestionCandidate[] {
    const wanted = { language, level, topic };
    const bank = this.bank.find(wanted).map(({ text }) => ({ text, by: BANK }));
    if (language !== TEMPLATE_LANGUAGE || (topic && this.bank.knowsTopic(language, topic))) return bank;
    const lessonText = lesson ? [lesson.title, ...lesson.key_points, ...lesson.examples].join('. ') : '';
    const topics = [...(topic ? [topic] : []), ...topicsOf(`${transcript ?? ''}\n${lessonText}`)];
    const made = templateQuestions(topics.slice(0, MOST_TOPICS)).map((text) => ({ text, by: TEMPLATES }));
    return [...made, ...bank];
  }

  /** No two sets of a learner are alike, also where they are made at the same time. */
  private async choose(
    tenant: string,
    user: string,
    candidates: readonly QuestionCandidate[],
    language: string,
  ): Promise<ChosenQuestions> {
    const begin = { id: ulid(), key: user, user, value: NO_HISTORY };
    const { id } = await this.learning.ensure(tenant, 'question_history', begin);
    let chosen: ChosenQuestions | undefined;
    await this.learning.update(tenant, 'question_history', id, ({ value }) => {
      chosen = chooseQuestions(candidates, value);
      return chosen && { value: chosen.history };
    });
    if (chosen) return chosen;
    throw new AppError(
      'model.language_unsupported',
      `There are not enough questions in the language ${language}.`,
    );
  }
}
