import { graphemeBoundary, sentenceEnds } from '@parlance/contracts';

/** A sentence without an end is cut here, so that a model that never stops cannot hold the voice back. */
const LONGEST_SENTENCE = 280;

/** Cuts text that arrives in pieces into sentences, each as soon as it is certain to be whole. */
export class SentenceSplitter {
  private pending = '';

  /** @returns the sentences that this text completes */
  push(delta: string): string[] {
    this.pending += delta;
    const sentences: string[] = [];
    for (let end = this.nextEnd(); end > 0; end = this.nextEnd()) {
      const sentence = tidy(this.pending.slice(0, end));
      this.pending = this.pending.slice(end);
      if (sentence !== '') sentences.push(sentence);
    }
    return sentences;
  }

  /** Returns what is left at the end of the text. */
  flush(): string[] {
    const sentences = this.push('\n');
    this.pending = '';
    return sentences;
  }

  /** Where the first whole sentence ends; 0 when none is whole yet. */
  private nextEnd(): number {
    const { value: end } = sentenceEnds(this.pending).next();
    if (typeof end === 'number' && end <= LONGEST_SENTENCE) return end;
    return this.pending.length > LONGEST_SENTENCE ? cutPoint(this.pending) : 0;
  }
}

/** The last clause mark, else the last space, before the limit. */
function cutPoint(text: string): number {
  const head = text.slice(0, LONGEST_SENTENCE);
  const clause = Math.max(...[', ', '; ', ': ', ' – ', ' — '].map((mark) => head.lastIndexOf(mark)));
  if (clause > LONGEST_SENTENCE / 3) return clause + 2;
  const space = head.lastIndexOf(' ');
  return space > 0 ? space + 1 : graphemeBoundary(text, LONGEST_SENTENCE);
}

/** One line without marks of emphasis, which a voice would read out. */
function tidy(sentence: string): string {
  return sentence
    .replace(/[*_`#]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
