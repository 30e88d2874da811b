import { AppError } from '@parlance/errors';

/** What the gateway speaks at once. */
const LONGEST_PART = 4_096;
/** Of one request, all parts together. */
const LONGEST_TEXT = 64 * 1024;
/** A full stop behind these, and behind an initial, ends no sentence. */
const ABBREVIATION =
  /(?:^|[\s"'(])(?:\p{Lu}|[Mm]rs?|[Mm]s|[Dd]r|[Pp]rof|[Ss]t|[Jj]r|[Ss]r|vs|etc|e\.g|i\.e|ca|bzw|z\.B)\.\s*$/u;
const HAS_WORDS = /[\p{L}\p{N}]/u;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** Text that comes in chunks, as parts to speak: whole sentences, each time as many as are complete. */
export class SpokenText {
  private pending = '';
  private length = 0;

  /** @returns what can be spoken now
   *  @throws AppError speech.text_too_long */
  push(text: string): string[] {
    this.length += text.length;
    refuseTooLong(this.length);
    const all = sentencesIn(this.pending + text);
    // The last one may go on in the next chunk.
    this.pending = all.pop() ?? '';
    return speechParts(all.join(''));
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
  const parts: string[] = [];
  let part = '';
  for (const sentence of text.length > LONGEST_PART ? sentencesIn(text).flatMap(cutLong) : [text]) {
    if (part.length + sentence.length > LONGEST_PART) {
      parts.push(part);
      part = '';
    }
    part += sentence;
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => HAS_WORDS.test(one));
}

/** Together they are the whole text. */
function sentencesIn(text: string): string[] {
  const found: string[] = [];
  for (const { segment } of sentences.segment(text)) {
    const before = found.at(-1);
    if (before !== undefined && ABBREVIATION.test(before)) found[found.length - 1] = before + segment;
    else found.push(segment);
  }
  return found;
}

function cutLong(sentence: string): string[] {
  const cut: string[] = [];
  let rest = sentence;
  while (rest.length > LONGEST_PART) {
    const space = rest.lastIndexOf(' ', LONGEST_PART);
    const isSurrogate = /[\uD800-\uDBFF]/.test(rest.charAt(LONGEST_PART - 1));
    const end = space > 0 ? space : LONGEST_PART - (isSurrogate ? 1 : 0);
    cut.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...cut, rest];
}

function refuseTooLong(length: number): void {
  if (length > LONGEST_TEXT)
    throw new AppError('speech.text_too_long', `The text is longer than ${LONGEST_TEXT} characters.`);
}
