import { textParts } from '@parlance/contracts';

/** Words up to a mark that is spoken as a pause or a melody. */
export interface Clause {
  readonly text: string;
  /** One of `. ! ? … , ; : —`; empty where a long run of words was cut. */
  readonly mark: string;
}

/** A clause has at most so many characters: what espeak-ng reads as one line. */
const LONGEST_CLAUSE = 150;
/** A sentence longer than this is spoken in several phrases, so that its first words need not wait for its last. */
const LONGEST_PHRASE = 200;

/** A mark counts where a word ends: not in 3.5, 10:30 or 1,000. Marks of Chinese, Japanese and Hindi count everywhere. */
const MARKS =
  /[.!?…,;:؟؛،]+(?=["'”’»)\]]*(?:\s|$))|[。！？；：，、।॥]+|\s[-–—]+(?=\s)|—|[()[\]{}]|\s*\n\s*/gu;
const SAME_MARK = new Map(
  Object.entries({
    '。': '.',
    '।': '.',
    '॥': '.',
    '！': '!',
    '？': '?',
    '؟': '?',
    '；': ';',
    '؛': ';',
    '：': ':',
    '，': ',',
    '、': ',',
    '،': ',',
    '-': '—',
    '–': '—',
    '\n': '.',
  }),
);
const SENTENCE_ENDS: ReadonlySet<string> = new Set(['.', '!', '?', '…']);
/** Dots that end no sentence: of titles and of initials. */
const SILENT_DOT = /\b(Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|Lt|Col|Gen|Capt|Rev|[A-Z])\.(?=\s)/g;

/** Splits a text into phrases, each of which is spoken in one run: sentences, and parts of very long ones. A phrase is a list of
 *  clauses, each with at least one letter or digit; only marks are lost. */
export function phrasesOf(text: string): Clause[][] {
  const phrases: Clause[][] = [];
  let phrase: Clause[] = [];
  let length = 0;
  const close = (): void => {
    if (phrase.length > 0) phrases.push(phrase);
    phrase = [];
    length = 0;
  };
  for (const clause of clausesOf(text)) {
    if (length + clause.text.length > LONGEST_PHRASE) close();
    phrase.push(clause);
    length += clause.text.length;
    if (SENTENCE_ENDS.has(clause.mark)) close();
  }
  close();
  return phrases;
}

/** Whether a pause follows the phrase. */
export function endsSentence(phrase: readonly Clause[]): boolean {
  return SENTENCE_ENDS.has(phrase.at(-1)?.mark ?? '');
}

function clausesOf(text: string): Clause[] {
  const source = text.replace(SILENT_DOT, '$1');
  const clauses: Clause[] = [];
  let start = 0;
  const add = (words: string, mark: string): void => {
    if (!/[\p{L}\p{N}]/u.test(words)) {
      // A mark behind a mark: the stronger one counts, as in «(late).»
      const last = clauses.at(-1);
      if (last && (last.mark === '' || SENTENCE_ENDS.has(mark)))
        clauses[clauses.length - 1] = { ...last, mark };
      return;
    }
    const parts = textParts(words, LONGEST_CLAUSE);
    for (const [index, part] of parts.entries())
      clauses.push({ text: part, mark: index === parts.length - 1 ? mark : '' });
  };
  for (const { 0: found, index } of source.matchAll(MARKS)) {
    add(source.slice(start, index), markOf(found));
    start = index + found.length;
  }
  add(source.slice(start), '');
  return clauses;
}

function markOf(found: string): string {
  const marks = [...found.replace(/[^\S\n]/g, '')].map((sign) => SAME_MARK.get(sign) ?? sign);
  const strongest = ['?', '!', '…', '.', ';', ':', '—', ','].find((mark) => marks.includes(mark));
  if (found.includes('...')) return '…';
  return strongest ?? ',';
}
