/** A full stop after these ends no sentence. */
const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof sr jr st vs etc e.g i.e eg ie approx no fig inc ltd co corp dept est gen gov hon mt rev sgt a.m p.m u.s u.k ca bzw z.b'.split(
    ' ',
  ),
);
/** Characters before a full stop that may tell that it ends no sentence. */
const LONGEST_CLUE = 16;

/** End marks with the quotes and brackets that close with them. The wide marks of Chinese and Japanese need no space behind. */
const END = /([.!?…]+["'”’)\]]*)(?=\s)|[。！？]+["”’」』）]*|\n/gu;

/** Where sentences end in a text that may go on, each behind its mark, in order; an end is one only once a space has come behind it. */
export function* sentenceEnds(text: string): Generator<number> {
  let start = 0;
  for (const { 0: found, 1: mark, index } of text.matchAll(END)) {
    const before = text.slice(Math.max(start, index - LONGEST_CLUE), index);
    if (mark !== undefined && !endsSentence(before, mark)) continue;
    start = index + found.length;
    yield start;
  }
}

/** Where the last whole sentence ends; 0 where none is whole yet. */
export function lastSentenceEnd(text: string): number {
  return [...sentenceEnds(text)].at(-1) ?? 0;
}

/** Whether the mark after `before` ends a sentence: not after an abbreviation, an initial or a list number. */
function endsSentence(before: string, mark: string): boolean {
  if (!mark.startsWith('.') || mark.startsWith('..')) return true;
  const word = /[\p{L}\p{N}.]+$/u.exec(before)?.[0] ?? '';
  const isInitial = /^\p{Lu}$/u.test(word) && word !== 'I';
  const isListNumber = /^\d{1,2}$/.test(before.trim());
  return !isInitial && !isListNumber && !ABBREVIATIONS.has(word.toLowerCase());
}
