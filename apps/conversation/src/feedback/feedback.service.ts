import { Injectable } from '@nestjs/common';
import type { Correction, FeedbackReport, TurnTranscribed } from '@parlance/contracts';
import { MessageBus } from '@parlance/messaging';
import { TurnRepository } from '@parlance/persistence';
import { ExamQuestions } from '../context/exam-question.service.js';
import { ReplyContextService } from '../context/reply-context.service.js';
import { isAddressedToModel, isUncertain } from '../context/turn-trust.js';
import type { ReplyContext } from '../language-model/language-model.js';
import { StructuredAnswers } from '../language-model/structured-answers.service.js';
import { subjectOf } from '../language-model/token-usage.service.js';
import { MODERATION } from '../moderation/moderation.service.js';
import { builtinReport, measuredFluency, uncertainReport } from './builtin-report.js';
import { readReport } from './report-answer.js';
import { reportQuestion } from './report-request.js';

/** A report takes no longer, all models together; then the built-in coach writes it. */
const LIMIT_MS = 20_000;
const COACH = 'builtin-coach';

/** Reports what was good and what was not in a turn, after its reply. */
@Injectable()
export class FeedbackService {
  constructor(
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    private readonly contexts: ReplyContextService,
    private readonly exams: ExamQuestions,
    private readonly answers: StructuredAnswers,
  ) {}

  /** Writes, keeps and publishes the report of an answered turn; does nothing new the second time. There is none on what
   *  moderation did not let pass. @throws AppError store.unavailable, upstream.unavailable */
  async give(turn: TurnTranscribed, signal: AbortSignal): Promise<void> {
    const { identity } = turn;
    const { reply, feedback } = await this.turns.get(identity);
    if (!reply || reply.model === MODERATION) return;
    const report =
      feedback ??
      (await this.turns.recordFeedback(identity, await this.write(turn, reply.corrections, signal)));
    await this.bus.publishEvent({ name: 'turn.feedback', data: { identity, report } });
  }

  private async write(
    turn: TurnTranscribed,
    corrections: readonly Correction[],
    signal: AbortSignal,
  ): Promise<FeedbackReport> {
    if (isUncertain(turn)) return uncertainReport(turn);
    const [context, examined] = await Promise.all([this.contexts.load(turn), this.exams.find(turn)]);
    const question = examined ?? context.exchanges.at(-1)?.reply ?? context.scenario?.opening ?? '';
    return (
      (isAddressedToModel(turn.text) ? undefined : await this.ask(turn, context, question, signal)) ??
      builtinReport(turn, corrections, context, question)
    );
  }

  /** The report of a language model; undefined where none gives one. */
  private async ask(
    turn: TurnTranscribed,
    context: ReplyContext,
    question: string,
    signal: AbortSignal,
  ): Promise<FeedbackReport | undefined> {
    const answer = await this.answers.ask(
      {
        question: reportQuestion(turn, context, question),
        read: (text) => readReport(text, turn.text),
        usedBy: subjectOf(turn),
        purpose: 'feedback',
        otherwise: COACH,
      },
      AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    );
    if (!answer) return undefined;
    const { report, scores } = answer.value;
    const rubric = { ...scores, fluency: measuredFluency(turn) };
    return { ...report, uncertain: false, rubric, model: answer.model };
  }
}
