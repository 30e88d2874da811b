import { Injectable } from '@nestjs/common';
import { LanguageModel, type ReplyPrompt } from '../language-model/language-model.js';
import { SentenceSplitter } from '../reply/sentence-splitter.js';
import { acknowledgement, choose, deliveryRemark, followUp, grammarRemark } from './remarks.js';

/** Replies from templates, grounded in what was said and measured: works without a network and says no more than it
 *  knows. The same turn always gets the same reply. */
@Injectable()
export class BuiltinCoach extends LanguageModel {
  override readonly name = 'builtin-coach';
  override readonly language = 'en';

  override async *write(prompt: ReplyPrompt): AsyncGenerator<string> {
    const splitter = new SentenceSplitter();
    const sentences = [...splitter.push(this.sentences(prompt).join('\n')), ...splitter.flush()];
    for (const sentence of sentences.slice(prompt.written.length)) yield `${sentence}\n`;
  }

  private sentences({ turn, corrections }: ReplyPrompt): string[] {
    const seed = turn.identity.turn;
    if (turn.text.trim() === '')
      return [
        choose(
          [
            'I could not hear any words, so please say that again.',
            'I am sorry, nothing reached me, so please try once more, close to the microphone.',
          ],
          seed,
        ),
      ];
    return [
      acknowledgement(turn, seed),
      grammarRemark(turn, corrections, seed),
      deliveryRemark(turn, seed),
      followUp(turn, seed),
    ].filter((sentence) => sentence !== undefined);
  }
}
