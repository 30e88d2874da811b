import type { AlignedWord } from '../engine/alignment.js';

/** How words are cut (openai/whisper, timing.py, merge_punctuations). */
export interface WordOptions {
  /** Marks that join the word behind them. */
  readonly prependPunctuations: string;
  /** Marks that join the word before them. */
  readonly appendPunctuations: string;
}

export const DEFAULT_WORDS: WordOptions = {
  prependPunctuations: '"\'“¿([{-',
  appendPunctuations: '"\'.。,，!！?？:：”)]}、',
};

/**
 * Opening marks join the word behind them, closing marks the word before (openai/whisper, timing.py, merge_punctuations).
 * Marks that were joined stay in the list as empty words, because tokens are counted along it.
 */
export function mergePunctuation(
  alignment: readonly AlignedWord[],
  { prependPunctuations, appendPunctuations }: WordOptions = DEFAULT_WORDS,
): AlignedWord[] {
  const words = alignment.map((word) => ({ ...word, tokens: [...word.tokens] }));
  for (let i = words.length - 2, j = words.length - 1; i >= 0; i--) {
    const mark = words[i] as AlignedWord;
    const following = words[j] as AlignedWord;
    if (mark.text.startsWith(' ') && prependPunctuations.includes(mark.text.trim())) {
      following.text = mark.text + following.text;
      following.tokens = [...mark.tokens, ...following.tokens];
      empty(mark);
    } else {
      j = i;
    }
  }
  for (let i = 0, j = 1; j < words.length; j++) {
    const previous = words[i] as AlignedWord;
    const mark = words[j] as AlignedWord;
    if (!previous.text.endsWith(' ') && appendPunctuations.includes(mark.text)) {
      previous.text += mark.text;
      previous.tokens.push(...mark.tokens);
      empty(mark);
    } else {
      i = j;
    }
  }
  return words;
}

function empty(word: AlignedWord): void {
  word.text = '';
  word.tokens = [];
}
