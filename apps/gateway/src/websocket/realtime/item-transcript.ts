import type { RecognitionResult__Output } from '@parlance/contracts';

const SEPARATOR = ' ';

/** The text of one item while it is spoken: what is committed of it is told as deltas, which nothing takes back. */
export class ItemTranscript {
  private finals = '';
  private told = '';

  /** An interim or a final. @returns what is new of the text that will not change; empty: nothing */
  add({ text, isFinal, stableLength }: RecognitionResult__Output): string {
    const said = this.joined(isFinal ? text : text.slice(0, stableLength));
    if (isFinal) this.finals = said;
    // Another pod that goes on for a lost one may have another text: the whole one then comes with the end alone.
    if (!said.startsWith(this.told)) return '';
    const delta = said.slice(this.told.length);
    this.told = said;
    return delta;
  }

  get text(): string {
    return this.finals;
  }

  private joined(text: string): string {
    return [this.finals, text.trim()].filter((part) => part !== '').join(SEPARATOR);
  }
}
