import type { DeepgramWord } from '@parlance/contracts';
import type { Paragraphs } from './recording-answer.schema.js';

/** A pause as long as this between two sentences begins a paragraph, seconds. */
const PARAGRAPH_PAUSE = 1.5;
/** And so does every sentence behind so many. */
const MOST_SENTENCES = 5;
/** What ends a sentence, closing quotes behind it. */
const SENTENCE_END = /[.?!。？！।…]["'”’»)]*$/u;

/** Runs of words; one begins behind each word of which `endsRun` says so. */
export function runsOf(
  words: readonly DeepgramWord[],
  endsRun: (word: DeepgramWord, next: DeepgramWord) => boolean,
): DeepgramWord[][] {
  const runs: DeepgramWord[][] = [];
  words.forEach((word, index) => {
    const before = words[index - 1];
    if (!before || endsRun(before, word)) runs.push([]);
    runs.at(-1)?.push(word);
  });
  return runs;
}

/** Words as a text. */
export function textOfWords(words: readonly DeepgramWord[]): string {
  return words.map(({ punctuated_word: text }) => text).join(' ');
}

/** Parts a transcript into sentences, and these into paragraphs. */
export function paragraphsOf(words: readonly DeepgramWord[]): Paragraphs {
  const sentences = runsOf(words, ({ punctuated_word: text }) => SENTENCE_END.test(text));
  const groups: DeepgramWord[][][] = [];
  for (const sentence of sentences) {
    const group = groups.at(-1);
    const pause = (sentence[0]?.start ?? 0) - (group?.at(-1)?.at(-1)?.end ?? 0);
    if (!group || group.length === MOST_SENTENCES || pause >= PARAGRAPH_PAUSE) groups.push([sentence]);
    else group.push(sentence);
  }
  const paragraphs = groups.map((group) => ({
    sentences: group.map((sentence) => ({ text: textOfWords(sentence), ...timesOf(sentence) })),
    num_words: group.flat().length,
    ...timesOf(group.flat()),
  }));
  const texts = paragraphs.map(({ sentences: parts }) => parts.map(({ text }) => text).join(' '));
  return { transcript: texts.join('\n\n'), paragraphs };
}

/** From the first word to the last one. */
export function timesOf(words: readonly DeepgramWord[]): { readonly start: number; readonly end: number } {
  return { start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0 };
}
