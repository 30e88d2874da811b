import { REALTIME_MAX_TEXT, REALTIME_MAX_WAITING } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { RecognizedUtterance } from '../../live/listening.js';

/** What a response is asked for to: one utterance as it was said, or texts. */
export type Asked =
  { readonly utterance: RecognizedUtterance } | { readonly text: string; readonly language: string };

interface WaitingItem {
  readonly text: string;
  readonly utterance?: RecognizedUtterance;
}

/** The items of a conversation that no response has answered yet. */
export class WaitingItems {
  private items: WaitingItem[] = [];
  private length = 0;

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  /** Something the client wrote. @throws AppError request.too_large */
  addText(text: string): void {
    if (this.items.length >= REALTIME_MAX_WAITING || this.length + text.length > REALTIME_MAX_TEXT) {
      const most = `${REALTIME_MAX_WAITING} items of ${REALTIME_MAX_TEXT} characters`;
      const details = { param: 'item' };
      throw new AppError(
        'request.too_large',
        `item: ${most} may wait to be answered; create a response first`,
        {
          details,
        },
      );
    }
    this.add({ text });
  }

  /** One item that was said. Where too much waits, what was said first is forgotten. */
  addSpeech(utterances: readonly RecognizedUtterance[]): void {
    const text = utterances.map(({ result }) => result.text.trim()).join(' ');
    if (text === '') return;
    const [first, ...others] = utterances;
    this.add(first && others.length === 0 ? { text, utterance: first } : { text });
    while (
      this.items.length > REALTIME_MAX_WAITING ||
      (this.length > REALTIME_MAX_TEXT && this.items.length > 1)
    )
      this.length -= this.items.shift()?.text.length ?? 0;
  }

  /** All of it, to be answered. A text without words where nothing waits. */
  drain(): Asked {
    const { items } = this;
    this.items = [];
    this.length = 0;
    const [only] = items;
    if (items.length === 1 && only?.utterance) return { utterance: only.utterance };
    const language = items.at(-1)?.utterance?.result.language ?? '';
    return { text: items.map(({ text }) => text).join('\n'), language };
  }

  private add(item: WaitingItem): void {
    this.items.push(item);
    this.length += item.text.length;
  }
}
