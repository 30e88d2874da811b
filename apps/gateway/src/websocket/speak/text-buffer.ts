import { graphemeBoundary } from '@parlance/contracts';

/** A sentence is not spoken by itself before it has so many characters: short ones sound better together. */
const SHORTEST_PART = 24;
/** What has no end of a sentence for so long is spoken up to its last space. */
const LONGEST_PART = 2_000;
/** What ends with a full stop and no sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:\p{L}|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No)\.\s*$/u;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

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
    return partsOf(ready);
  }

  /** @returns all that waits, in parts as `push` */
  flush(): string[] {
    const rest = this.text;
    this.text = '';
    return partsOf(rest);
  }

  private endOfSentences(): number {
    let end = 0;
    for (const { index } of sentences.segment(this.text)) {
      const before = this.text.slice(end, index);
      if (before.trim().length >= SHORTEST_PART && !ABBREVIATION.test(before)) end = index;
    }
    return this.text.length - end > LONGEST_PART ? lastCut(this.text, this.text.length) : end;
  }
}

/** A text in parts of `LONGEST_PART` characters at most, cut at spaces where there are some; what is blank is none. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > LONGEST_PART) {
    const end = lastCut(rest, LONGEST_PART);
    parts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...parts, rest].filter((part) => part.trim() !== '');
}

/** Behind the last space before `end`; where there is none, the last place that parts no character. */
function lastCut(text: string, end: number): number {
  return text.lastIndexOf(' ', end - 1) + 1 || graphemeBoundary(text, end);
}
