import { Inject, Injectable } from '@nestjs/common';
import type { Degradation } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback } from '@parlance/turns';
import { BuiltinCoach } from '../coach/builtin-coach.js';
import { LanguageModels } from '../language-model/groq.provider.js';
import type { LanguageModel, ReplyPart, ReplyPrompt, TokenCount } from '../language-model/language-model.js';
import { fallbackReason, unusable, UnusableReply } from '../language-model/server-faults.js';
import { guardedText } from '../language-model/system-prompt.js';
import { MODERATION, MODERATION_LANGUAGE } from '../moderation/moderation.service.js';
import { ReplyCheck } from './reply-check.js';
import { SentenceSplitter } from './sentence-splitter.js';

export interface WrittenSentence {
  readonly text: string;
  readonly model: string;
  /** What fell back before it; of the first sentence only. */
  readonly degraded?: readonly Degradation[];
}

/** A sentence, or at the end what the model counted. */
export type WrittenPart = WrittenSentence | { readonly model: string; readonly usage: TokenCount };

/** A spoken reply has no use for more. */
const MOST_SENTENCES = 8;
/** Longer than eight of the longest sentences: a model that never stops is stopped. */
const LONGEST_REPLY = 4_000;

/** Writes a reply sentence by sentence with the first of the configured models that can, else with the built-in coach. One
 *  model writes a reply to its end: the next one takes over only before the first sentence; a model that breaks off later is
 *  asked again, by a new delivery, to go on. */
@Injectable()
export class ReplyWriterService {
  constructor(
    private readonly coach: BuiltinCoach,
    private readonly models: LanguageModels,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @param begunBy model of the sentences written already; undefined when there are none
   *  @throws AppError upstream.unavailable, request.deadline_exceeded when a model breaks off after its first sentence */
  async *write(
    prompt: ReplyPrompt,
    begunBy: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<WrittenPart> {
    // What another model has begun and cannot go on with stays as it is.
    if (prompt.written.length >= MOST_SENTENCES) return;
    const chain = this.modelsFor(prompt, begunBy);
    const degraded: Degradation[] = [];
    for (const [at, model] of chain.entries()) {
      let begun = prompt.written.length > 0;
      try {
        for await (const part of this.sentences(model, prompt, signal)) {
          if ('usage' in part) yield { model: model.name, usage: part.usage };
          else yield { text: part.text, model: model.name, ...(begun || !degraded[0] ? {} : { degraded }) };
          begun ||= 'text' in part;
        }
        if (!begun) throw unusable('empty');
        return;
      } catch (error) {
        if (begun) return this.endAt(model, error);
        const next = chain[at + 1];
        if (!next || !isAppError(error) || signal.aborted) throw error;
        const reason = fallbackReason(error);
        degraded.push({ stage: 'reply', from: model.name, to: next.name, reason });
        noteFallback('reply', model.name, next.name, reason);
        this.logger.warn({ err: error, model: model.name, next: next.name, reason }, 'another model answers');
      }
    }
  }

  /** The language of a reply written by a model. */
  languageOf(model: string, turn: ReplyPrompt['turn']): string {
    if (model === MODERATION) return MODERATION_LANGUAGE;
    const writer = [...this.models.configured, this.coach].find(({ name }) => name === model);
    return writer?.language ?? turn.language;
  }

  private modelsFor(prompt: ReplyPrompt, begunBy: string | undefined): readonly LanguageModel[] {
    const all: readonly LanguageModel[] = [...this.models.configured, this.coach];
    if (begunBy !== undefined) return all.filter(({ name }) => name === begunBy).slice(0, 1);
    // Who follows instructions can begin without anything being said.
    const isCoachs = prompt.turn.text.trim() === '' && prompt.turn.instructions === undefined;
    return isCoachs ? [this.coach] : all;
  }

  /** A reply that turns bad ends with its last good sentence; one that breaks off is to be continued. */
  private endAt({ name }: LanguageModel, error: unknown): void {
    if (!isAppError(error) || !(error.cause instanceof UnusableReply)) throw error;
    this.logger.warn({ model: name, kind: error.cause.kind }, 'the rest of a reply is withheld');
  }

  private async *sentences(
    model: LanguageModel,
    prompt: ReplyPrompt,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyPart> {
    const splitter = new SentenceSplitter();
    const check = new ReplyCheck(model === this.coach ? '' : guardedText(prompt));
    const written = new Set(prompt.written);
    let slots = MOST_SENTENCES - prompt.written.length;
    let length = 0;
    for await (const part of model.write(prompt, signal)) {
      if ('usage' in part) {
        yield part;
        continue;
      }
      length += part.text.length;
      for (const text of newSentences(splitter.push(part.text), written, check)) {
        yield { text };
        slots -= 1;
        if (slots === 0) return;
      }
      if (length > LONGEST_REPLY) throw unusable('endless');
    }
    for (const text of newSentences(splitter.flush(), written, check).slice(0, slots)) yield { text };
  }
}

/** A model asked to go on may begin again with what it said. */
function newSentences(
  sentences: readonly string[],
  written: ReadonlySet<string>,
  check: ReplyCheck,
): string[] {
  return sentences.filter((sentence) => {
    if (written.has(sentence)) return false;
    const fault = check.faultOf(sentence);
    if (fault) throw unusable(fault);
    return true;
  });
}
