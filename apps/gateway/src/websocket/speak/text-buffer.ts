import { sentenceEnds, textParts } from '@parlance/contracts';

/** A sentence is not spoken by itself before it has so many characters: short ones sound better together. */
const SHORTEST_PART = 24;
/** What has no end of a sentence for so long is spoken up to its last space. */
const LONGEST_PART = 2_000;

/** A text as it comes, in parts that end anywhere. Whole sentences leave it at once, the rest when the client says so. */
export class TextBuffer {
  private text = '';

  /** Characters that wait. */
  get length(): number {
    return this.text.length;
  }

  /** @returns what can be spoken now, in parts of a length that can be: sentences behind which more has come */
  push(text: string): string[] {
    this.text += text;
    const end = this.endOfSentences();
    const ready = this.text.slice(0, end);
    this.text = this.text.slice(end);
    return textParts(ready, LONGEST_PART);
  }

  /** @returns all that waits, in parts as `push` */
  flush(): string[] {
    const rest = this.text;
    this.text = '';
    return textParts(rest, LONGEST_PART);
  }

  private endOfSentences(): number {
    let end = 0;
    for (const next of sentenceEnds(this.text))
      if (this.text.slice(end, next).trim().length >= SHORTEST_PART) end = next;
    return this.text.length - end > LONGEST_PART ? this.text.lastIndexOf(' ') + 1 || this.text.length : end;
  }
}
