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
    let written = prompt.written.length;
    for await (const text of this.sentences(prompt)) {
      if (text === undefined) continue;
      for (const sentence of splitter.push(`${text}\n`)) {
        if (written > 0) written -= 1;
        else yield { text: `${sentence}\n` };
      }
    }
  }

  /** Undefined where there is nothing to remark. */
  private async *sentences({ turn, corrections, context }: ReplyPrompt): AsyncGenerator<string | undefined> {
    const said = context.exchanges.map(({ reply }) => reply);
    const choice = new SentenceChoice(said, turn.identity.turn);
    // What was understood wrongly is neither taken up nor corrected.
    if (isUncertain(turn)) return yield doubt(turn, choice);
    const tellsLater = context.mode?.settings.corrections === 'afterwards';
    // It is spoken while the grammar is checked.
    yield acknowledgement(turn, choice);
    if (!tellsLater) {
      yield grammarRemark(turn, await corrections, choice);
      yield deliveryRemark(turn, choice);
    }
    yield followUp(turn, context, choice);
  }
}
