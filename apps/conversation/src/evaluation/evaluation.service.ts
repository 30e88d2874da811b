import { Injectable } from '@nestjs/common';
import {
  sessionContextSchema,
  type Correction,
  type TurnEvaluation,
  type TurnTranscribed,
} from '@parlance/contracts';
import { CatalogueRepository, SessionRepository, TurnRepository } from '@parlance/persistence';
import { isAddressedToModel, isUncertain } from '../context/turn-trust.js';
import { StructuredAnswers } from '../language-model/structured-answers.service.js';
import { subjectOf } from '../language-model/token-usage.service.js';
import { MODERATION } from '../moderation/moderation.service.js';
import { countedMarks, type CountedMarks } from './counted-marks.js';
import { evaluationQuestion, readEvaluation } from './evaluation-request.js';
import { fluencyMark, pronunciationMark } from './measured-marks.js';
import { EQUAL_WEIGHTS, totalOf, type Marks } from './rubric-total.js';

/** Marks take no longer, all models together; then they are counted. */
const LIMIT_MS = 20_000;
const COACH = 'builtin-coach';
const NO_MARKS: Marks = { fluency: null, vocabulary: null, grammar: null, pronunciation: null };
const DEFAULT_CONTEXT = sessionContextSchema.parse({});

/** Marks what was said in a turn by the rubric of its session's teaching mode, after its reply. */
@Injectable()
export class EvaluationService {
  constructor(
    private readonly turns: TurnRepository,
    private readonly sessions: SessionRepository,
    private readonly catalogue: CatalogueRepository,
    private readonly answers: StructuredAnswers,
  ) {}

  /** Makes and keeps the evaluation of an answered turn; does nothing the second time. There is none of what moderation did not
   *  let pass. @throws AppError store.unavailable, turn.not_found */
  async evaluate(turn: TurnTranscribed, signal: AbortSignal): Promise<void> {
    const { reply, evaluation } = await this.turns.get(turn.identity);
    if (!reply || reply.model === MODERATION || evaluation) return;
    await this.turns.recordEvaluation(turn.identity, await this.make(turn, reply.corrections, signal));
  }

  private async make(
    turn: TurnTranscribed,
    corrections: readonly Correction[],
    signal: AbortSignal,
  ): Promise<TurnEvaluation> {
    const { tenant, session } = turn.identity;
    const { context = DEFAULT_CONTEXT } = (await this.sessions.find(tenant, session)) ?? {};
    const mode = (await this.catalogue.find(tenant, 'teaching_mode', context.mode))?.value;
    const weights = mode?.rubric.weights ?? EQUAL_WEIGHTS;
    // What was perhaps never said is not marked.
    if (isUncertain(turn))
      return { ...NO_MARKS, ...totalOf(NO_MARKS, weights), mode: context.mode, model: COACH };
    const counted = countedMarks(turn, corrections);
    const asked = isAddressedToModel(turn.text)
      ? undefined
      : await this.answers.ask<CountedMarks>(
          {
            question: evaluationQuestion(turn, mode, context.level),
            read: (text) => readEvaluation(text, turn.text, counted),
            usedBy: subjectOf(turn),
            purpose: 'evaluation',
            otherwise: COACH,
          },
          AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
        );
    const { vocabulary, grammar } = asked?.value ?? counted;
    const marks: Marks = {
      fluency: fluencyMark(turn),
      vocabulary,
      grammar,
      pronunciation: pronunciationMark(turn),
    };
    return { ...marks, ...totalOf(marks, weights), mode: context.mode, model: asked?.model ?? COACH };
  }
}
