import { Injectable } from '@nestjs/common';
import { isUncertain } from '../context/turn-trust.js';
import { LanguageModel, type ReplyPrompt } from '../language-model/language-model.js';
import { SentenceSplitter } from '../reply/sentence-splitter.js';
import { followUp } from './follow-up.js';
import { acknowledgement, deliveryRemark, doubt, grammarRemark } from './remarks.js';
import { SentenceChoice } from './sentence-choice.js';

/** Replies from templates, grounded in what was said and measured: works without a network and says no more than it
 *  knows. It follows the session's scenario, says no sentence twice in a session, and gives the same turn the same reply. */
@Injectable()
export class BuiltinCoach extends LanguageModel {
  override readonly name = 'builtin-coach';
  override readonly language = 'en';

  override async *write(prompt: ReplyPrompt): AsyncGenerator<{ readonly text: string }> {
    const splitter = new SentenceSplitter();
    const sentences = [...splitter.push(this.sentences(prompt).join('\n')), ...splitter.flush()];
    for (const sentence of sentences.slice(prompt.written.length)) yield { text: `${sentence}\n` };
  }

  private sentences({ turn, corrections, context }: ReplyPrompt): string[] {
    const said = context.exchanges.map(({ reply }) => reply);
    const choice = new SentenceChoice(said, turn.identity.turn);
    // What was understood wrongly is neither taken up nor corrected.
    if (isUncertain(turn)) return [doubt(turn, choice)];
    const isExam = context.session?.mode === 'exam';
    return [
      acknowledgement(turn, choice),
      isExam ? undefined : grammarRemark(turn, corrections, choice),
      isExam ? undefined : deliveryRemark(turn, choice),
      followUp(turn, context, choice),
    ].filter((sentence) => sentence !== undefined);
  }
}
