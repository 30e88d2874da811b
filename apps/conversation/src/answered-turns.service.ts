import { Inject, Injectable } from '@nestjs/common';
import type { TurnTranscribed } from '@parlance/contracts';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { SessionLessons } from './context/session-lessons.service.js';
import { SessionSummaryService } from './context/session-summary.service.js';
import { EvaluationService } from './evaluation/evaluation.service.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { TurnPractice } from './practice/turn-practice.service.js';
import { TurnIndexing } from './search/turn-indexing.service.js';

/** What is made of a turn once it has its reply. */
@Injectable()
export class AnsweredTurns {
  constructor(
    private readonly feedback: FeedbackService,
    private readonly evaluations: EvaluationService,
    private readonly summaries: SessionSummaryService,
    private readonly indexing: TurnIndexing,
    private readonly lessons: SessionLessons,
    private readonly practice: TurnPractice,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** All of it at once. Never throws: the turn stays answered, whatever fails. */
  async complete(turn: TurnTranscribed, signal: AbortSignal): Promise<void> {
    const steps = {
      feedback: () => this.feedback.give(turn, signal),
      evaluation: () => this.evaluations.evaluate(turn, signal),
      summary: () => this.summaries.renew(turn, signal),
      index: () => this.indexing.add(turn),
      lesson: () => this.lessons.noteTurn(turn),
      practice: () => this.practice.count(turn),
    };
    await Promise.all(Object.entries(steps).map(([what, step]) => this.attempt(what, step)));
  }

  private async attempt(what: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.logger.warn({ err: error, what }, 'what follows a reply failed; the turn stays answered');
    }
  }
}
