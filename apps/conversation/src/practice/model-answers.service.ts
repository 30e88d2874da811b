import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback } from '@parlance/turns';
import { objectIn } from '../feedback/report-answer.js';
import type { ChatMessage } from '../language-model/chat-messages.js';
import { LanguageModels } from '../language-model/groq.provider.js';
import { fallbackReason, unusable } from '../language-model/server-faults.js';
import { TokenUsageService } from '../language-model/token-usage.service.js';

/** All models together take no longer; then what needs none is done. */
const LIMIT_MS = 30_000;
const LONGEST_REFUSED = 4_000;
const MOST_FAULTS = 5;

/** A question to a model whose answer has a form. */
export interface ModelTask<Output> {
  readonly tenant: string;
  readonly name: 'questions' | 'set_report';
  readonly messages: readonly ChatMessage[];
  readonly schema: z.ZodType<Output>;
  /** As servers get it: without the limits that they seldom know. */
  readonly jsonSchema: Record<string, unknown>;
  readonly maxTokens: number;
  /** What is wrong with an answer that fits the schema; undefined where nothing is. */
  readonly faultOf: (answer: Output) => string | undefined;
}

/** Answers of language models that have a form: each model is told once what was wrong, then the next one is asked. */
@Injectable()
export class ModelAnswers {
  constructor(
    private readonly models: LanguageModels,
    private readonly usage: TokenUsageService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get isConfigured(): boolean {
    return this.models.configured.length > 0;
  }

  /** @returns undefined where no model gave an answer of the form
   *  @param otherwise  what does it then, for metrics and log */
  async ask<Output>(
    task: ModelTask<Output>,
    otherwise: string,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Output; readonly model: string } | undefined> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    for (const [at, model] of this.models.configured.entries()) {
      try {
        return { answer: await this.askOne(model, task, limit), model: model.name };
      } catch (error) {
        const next = this.models.configured[at + 1]?.name ?? otherwise;
        noteFallback('practice', model.name, next, fallbackReason(error));
        this.logger.warn(
          { err: error, model: model.name, next, task: task.name },
          'the language model did not do a practice task',
        );
      }
    }
    return undefined;
  }

  private async askOne<Output>(
    model: LanguageModels['configured'][number],
    { tenant, name, schema, jsonSchema, maxTokens, faultOf, ...task }: ModelTask<Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    let messages = task.messages;
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const question = { messages, maxTokens, schema: { name, schema: jsonSchema } };
      const { text, usage } = await model.answer(question, signal);
      if (usage) this.usage.count(tenant, model.model, 'practice', usage);
      const parsed = schema.safeParse(objectIn(text));
      const fault = parsed.success ? faultOf(parsed.data) : schemaFault(parsed.error);
      if (parsed.success && fault === undefined) return parsed.data;
      messages = [
        ...task.messages,
        { role: 'assistant', content: text.slice(0, LONGEST_REFUSED) || '{}' },
        {
          role: 'user',
          content: `That does not fit: ${fault}. Answer again with the whole JSON object, corrected.`,
        },
      ];
    }
    throw unusable('schema');
  }
}

function schemaFault({ issues }: z.ZodError): string {
  return issues
    .slice(0, MOST_FAULTS)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
    .join('; ');
}
