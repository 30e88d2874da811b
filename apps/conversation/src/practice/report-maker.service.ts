import { Injectable } from '@nestjs/common';
import type { AnswerReport, QuestionAnswer, QuestionReport, QuestionSet, UsageSubject } from '@parlance/contracts';
import { LearningRepository, TurnRepository, type LearningRecord } from '@parlance/persistence';
import { isAddressedToModel, isUncertain } from '../context/turn-trust.js';
import { errorOf, improvedText } from '../feedback/builtin-report.js';
import { GrammarService } from '../grammar/grammar.service.js';
import { StructuredAnswers } from '../language-model/structured-answers.service.js';
import { ModerationService } from '../moderation/moderation.service.js';
import { makesSense } from './answer-sense.js';
import { setReport } from './set-report.js';
import { readSetReport, setReportQuestion } from './set-report-request.js';

const COACH = 'builtin-coach';
/** All models together take no longer; then plain rules judge. */
const LIMIT_MS = 30_000;

/** Reports on the answers of a set, with their questions: by a language model, else by the grammar checker and plain rules. */
@Injectable()
export class ReportMaker {
  constructor(
    private readonly learning: LearningRepository,
    private readonly turns: TurnRepository,
    private readonly grammar: GrammarService,
    private readonly models: StructuredAnswers,
    private readonly moderation: ModerationService,
  ) {}

  /** Makes what is not made yet; does nothing the second time. @throws AppError store.unavailable */
  async make(
    usedBy: UsageSubject,
    set: LearningRecord<'question_set'>,
    signal: AbortSignal,
  ): Promise<void> {
    if (set.value.status !== 'reporting') return;
    const report = await this.report(usedBy, set.value, signal);
    await this.learning.update(usedBy.tenant, 'question_set', set.id, ({ value }) =>
      value.status === 'reporting' ? { value: { ...value, status: 'reported', report } } : undefined,
    );
  }

  private async report(
    usedBy: UsageSubject,
    set: QuestionSet,
    signal: AbortSignal,
  ): Promise<QuestionReport> {
    const uncertain = new Set<string>();
    for (const answer of set.answers)
      if (await this.isUncertain(usedBy.tenant, answer)) uncertain.add(answer.question);
    const certain = set.answers.filter(({ question }) => !uncertain.has(question));
    const told = await this.askModel(usedBy, set, certain, signal);
    const judged = new Map(told?.answers.map((one) => [one.question, one]));
    const reports: AnswerReport[] = [];
    for (const answer of set.answers)
      reports.push(
        uncertain.has(answer.question)
          ? uncertainAnswer(answer)
          : (judged.get(answer.question) ?? (await this.byRules(set, answer))),
      );
    return setReport(set, reports, told?.model ?? COACH);
  }

  /** A turn that was recognised poorly is not judged. One that is gone is judged by the text that was kept. */
  private async isUncertain(tenant: string, { text, session, turn }: QuestionAnswer): Promise<boolean> {
    if (session === undefined || turn === undefined) return false;
    const found = await this.turns.find({ tenant, session, turn });
    return isUncertain({ text, words: found?.words ?? [] });
  }

  /** Undefined where no model did. Answers that tell the model what to do are not given to it. */
  private async askModel(
    usedBy: UsageSubject,
    set: QuestionSet,
    answers: readonly QuestionAnswer[],
    signal: AbortSignal,
  ) {
    if (!this.models.isConfigured) return undefined;
    const asked = answers
      .filter(({ text }) => text.trim() !== '' && !isAddressedToModel(text))
      .map(({ question, text }) => ({ question, asked: questionText(set, question), text }));
    if (asked.length === 0) return undefined;
    const all = asked.map(({ text }) => text).join('\n');
    if ((await this.moderation.refusalOf(all, signal)) !== undefined) return undefined;
    const told = await this.models.ask(
      {
        question: setReportQuestion(set, asked),
        read: (answer) => readSetReport(answer, asked),
        usedBy,
        purpose: 'practice',
        otherwise: COACH,
      },
      AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    );
    return told && { answers: told.value, model: told.model };
  }

  private async byRules(set: QuestionSet, { question, text }: QuestionAnswer): Promise<AnswerReport> {
    const corrections = await this.grammar.check(text, set.language);
    const errors = corrections.flatMap((correction) => errorOf(text, correction));
    return {
      question,
      uncertain: false,
      makes_sense: makesSense(questionText(set, question), text, set.language),
      errors: errors.map(({ text: said, correction, rule, explanation }) => ({
        text: said,
        correction,
        rule,
        explanation,
      })),
      improved: improvedText(text, errors),
    };
  }
}

function questionText({ questions }: QuestionSet, id: string): string {
  return questions.find((question) => question.id === id)?.text ?? '';
}

function uncertainAnswer({ question, text }: QuestionAnswer): AnswerReport {
  return { question, uncertain: true, makes_sense: null, errors: [], improved: text };
}
