import { Inject, Injectable } from '@nestjs/common';
import type { UsageSubject } from '@parlance/contracts';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback, type FallbackStage } from '@parlance/turns';
import { LanguageModels, type GroqLanguageModel, type ModelQuestion } from './groq.provider.js';
import { fallbackReason, unusable } from './server-faults.js';
import { repairQuestion, type JudgedAnswer } from './structured-answer.js';
import { TokenUsageService, type TokenPurpose } from './token-usage.service.js';

/** Asks a model. @returns its text. @throws AppError */
export type Ask = (question: ModelQuestion) => Promise<string>;

/** What is asked, how its answer is read, and for whom. */
export interface StructuredQuestion<Value> {
  /** Or what makes it, where the same model is asked for parts of it first. */
  readonly question: ModelQuestion | ((ask: Ask) => Promise<ModelQuestion>);
  readonly read: (answer: string) => JudgedAnswer<Value>;
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

  /** An answer with a fault is sent back once; the last one that will do is taken.
   *  @throws AppError also where neither will do */
  private async askOne<Value>(
    model: GroqLanguageModel,
    { question, read, usedBy, purpose }: StructuredQuestion<Value>,
    signal: AbortSignal,
  ): Promise<Value> {
    const ask: Ask = async (to) => {
      const { text, usage } = await model.answer(to, signal);
      if (usage) this.usage.count(usedBy, model.model, purpose, usage);
      return text;
    };
    const asked = typeof question === 'function' ? await question(ask) : question;
    const text = await ask(asked);
    const first = read(text);
    if (!('fault' in first)) return first.value;
    try {
      const second = read(await ask(repairQuestion(asked, text, first.fault)));
      if ('value' in second) return second.value;
    } catch (error) {
      if (!('value' in first)) throw error;
    }
    if ('value' in first) return first.value;
    throw unusable('schema');
  }
}
