import { Inject, Injectable, Optional } from '@nestjs/common';
import { isAppError } from '@parlance/errors';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { BuiltinCoach } from '../coach/builtin-coach.js';
import { LanguageModel, type ReplyPrompt } from '../language-model/language-model.js';
import { SentenceSplitter } from './sentence-splitter.js';

export interface WrittenSentence {
  readonly text: string;
  readonly model: string;
}

/** A spoken reply has no use for more. */
const MOST_SENTENCES = 8;

/** Writes a reply sentence by sentence with the configured model, or with the built-in coach when there is none, when it
 *  is down, or when nothing was said. One model writes a reply to its end: the coach takes over only before the first
 *  sentence; a model that breaks off later is asked again, by a new delivery, to go on. */
@Injectable()
export class ReplyWriterService {
  constructor(
    private readonly coach: BuiltinCoach,
    @Optional() @Inject(LanguageModel) private readonly model: LanguageModel | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @param begunBy model of the sentences written already; undefined when there are none
   *  @throws AppError upstream.unavailable when a model breaks off after its first sentence */
  async *write(
    prompt: ReplyPrompt,
    begunBy: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<WrittenSentence> {
    const model = this.modelFor(prompt, begunBy);
    // What another model has begun and cannot go on with stays as it is.
    if (!model || prompt.written.length >= MOST_SENTENCES) return;
    let begun = prompt.written.length > 0;
    try {
      for await (const text of this.sentences(model, prompt, signal)) {
        begun = true;
        yield { text, model: model.name };
      }
    } catch (error) {
      if (begun || model === this.coach || !isAppError(error) || error.code === 'request.cancelled')
        throw error;
      this.logger.warn(
        { err: error, model: model.name },
        'the language model is down, the built-in coach answers',
      );
      for await (const text of this.sentences(this.coach, prompt, signal))
        yield { text, model: this.coach.name };
    }
  }

  /** The language of a reply written by a model. */
  languageOf(model: string, turn: ReplyPrompt['turn']): string {
    const writer = [this.model, this.coach].find((one) => one?.name === model);
    return writer?.language ?? turn.language;
  }

  private modelFor(prompt: ReplyPrompt, begunBy: string | undefined): LanguageModel | undefined {
    if (begunBy !== undefined)
      return [this.model, this.coach].find((model) => model?.name === begunBy) ?? undefined;
    return prompt.turn.text.trim() === '' ? this.coach : (this.model ?? this.coach);
  }

  private async *sentences(
    model: LanguageModel,
    prompt: ReplyPrompt,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const splitter = new SentenceSplitter();
    const written = new Set(prompt.written);
    let room = MOST_SENTENCES - prompt.written.length;
    for await (const delta of model.write(prompt, signal)) {
      for (const sentence of splitter.push(delta)) {
        // A model asked to go on may begin again with what it said.
        if (written.has(sentence)) continue;
        yield sentence;
        room -= 1;
        if (room === 0) return;
      }
    }
    for (const sentence of splitter.flush()) if (!written.has(sentence)) yield sentence;
  }
}
