import { lastSentenceEnd, textParts } from '@parlance/contracts';
import { AppError } from '@parlance/errors';

/** What the gateway speaks at once. */
const LONGEST_PART = 4_096;
/** Of one request, all parts together. */
const LONGEST_TEXT = 64 * 1024;
const HAS_WORDS = /[\p{L}\p{N}]/u;

/** Text that comes in chunks, as parts to speak: whole sentences, each time as many as are complete. */
export class SpokenText {
  private pending = '';
  private length = 0;

  /** @returns what can be spoken now
   *  @throws AppError speech.text_too_long */
  push(text: string): string[] {
    this.length += text.length;
    refuseTooLong(this.length);
    this.pending += text;
    const end = lastSentenceEnd(this.pending);
    const ready = this.pending.slice(0, end);
    this.pending = this.pending.slice(end);
    return speechParts(ready);
  }

  /** What is left at the end of the text. */
  end(): string[] {
    const rest = this.pending;
    this.pending = '';
    return speechParts(rest);
  }
}

/** A text in parts that the gateway speaks at once, cut between sentences where it can be. None for one without words.
 *  @throws AppError speech.text_too_long */
export function speechParts(text: string): string[] {
  refuseTooLong(text.length);
  return textParts(text, LONGEST_PART).filter((part) => HAS_WORDS.test(part));
}

function refuseTooLong(length: number): void {
  if (length > LONGEST_TEXT)
    throw new AppError('speech.text_too_long', `The text is longer than ${LONGEST_TEXT} characters.`);
}
