import { graphemeBoundary } from '@parlance/contracts';

/** A sentence without an end is cut here, so that a model that never stops cannot hold the voice back. */
const LONGEST_SENTENCE = 280;

/** A full stop after these ends no sentence. */
const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof sr jr st vs etc e.g i.e eg ie approx no fig inc ltd co corp dept est gen gov hon mt rev sgt a.m p.m u.s u.k'.split(
    ' ',
  ),
);

/** End marks with the quotes and brackets that close with them. The wide marks of Chinese and Japanese need no space. */
const END = /([.!?…]+["'”’)\]]*)(?=\s)|([。！？]+["”’」』）]*)|(\n)/gu;

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
    for (const match of this.pending.matchAll(END)) {
      const end = match.index + match[0].length;
      if (end > LONGEST_SENTENCE) break;
      if (match[1] === undefined || endsSentence(this.pending.slice(0, match.index), match[1])) return end;
    }
    return this.pending.length > LONGEST_SENTENCE ? cutPoint(this.pending) : 0;
  }
}

/** Whether the mark after `before` ends a sentence: not after an abbreviation, an initial or a list number. */
function endsSentence(before: string, mark: string): boolean {
  if (!mark.startsWith('.') || mark.startsWith('..')) return true;
  const word = /[\p{L}\p{N}.]+$/u.exec(before)?.[0] ?? '';
  const isInitial = /^\p{Lu}$/u.test(word) && word !== 'I';
  const isListNumber = /^\d{1,2}$/.test(before.trim());
  return !isInitial && !isListNumber && !ABBREVIATIONS.has(word.toLowerCase());
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
