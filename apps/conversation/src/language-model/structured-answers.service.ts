import { Inject, Injectable } from '@nestjs/common';
import type { UsageSubject } from '@parlance/contracts';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback, type FallbackStage } from '@parlance/turns';
import { LanguageModels, type GroqLanguageModel, type ModelQuestion } from './groq.provider.js';
import { fallbackReason, unusable } from './server-faults.js';
import { repairQuestion, type ReadAnswer } from './structured-answer.js';
import { TokenUsageService, type TokenPurpose } from './token-usage.service.js';

/** What is asked, how its answer is read, and for whom. */
export interface StructuredQuestion<Value> {
  readonly question: ModelQuestion;
  readonly read: (answer: string) => ReadAnswer<Value>;
  /** Whom the tokens are counted for. */
  readonly usedBy: UsageSubject;
  readonly purpose: TokenPurpose & FallbackStage;
  /** What is used where no model answers as asked; named in metrics. */
  readonly otherwise: string;
}

/** Asks the configured language models, one after the other, for answers of a given form. */
@Injectable()
export class StructuredAnswers {
  constructor(
    private readonly models: LanguageModels,
    private readonly usage: TokenUsageService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get isConfigured(): boolean {
    return this.models.configured.length > 0;
  }

  /** @param signal  ends all attempts together
   *  @returns the first answer that fits, with the name of its model; undefined where none does */
  async ask<Value>(
    asked: StructuredQuestion<Value>,
    signal: AbortSignal,
  ): Promise<{ readonly value: Value; readonly model: string } | undefined> {
    const { purpose, otherwise } = asked;
    for (const [at, model] of this.models.configured.entries()) {
      try {
        return { value: await this.askOne(model, asked, signal), model: model.name };
      } catch (error) {
        const next = this.models.configured[at + 1]?.name ?? otherwise;
        noteFallback(purpose, model.name, next, fallbackReason(error));
        this.logger.warn(
          { err: error, model: model.name, next, purpose },
          'the language model gave no answer',
        );
      }
    }
    return undefined;
  }

  /** @throws AppError also where the answer does not fit after it was sent back once */
  private async askOne<Value>(
    model: GroqLanguageModel,
    { question, read, usedBy, purpose }: StructuredQuestion<Value>,
    signal: AbortSignal,
  ): Promise<Value> {
    let asked = question;
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const { text, usage } = await model.answer(asked, signal);
      if (usage) this.usage.count(usedBy, model.model, purpose, usage);
      const answer = read(text);
      if ('value' in answer) return answer.value;
      asked = repairQuestion(asked, text, answer.fault);
    }
    throw unusable('schema');
  }
}
