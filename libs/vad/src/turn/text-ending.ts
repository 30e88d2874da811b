/** What the text so far tells of whether its sentence is finished. */
export interface TextEnding {
  /** It ends with a full stop, a question or an exclamation mark. */
  readonly endsSentence: boolean;
  /** It ends with a comma, a colon, a dash or an ellipsis: something is to follow. */
  readonly isOpen: boolean;
  /** Its last word cannot end an English sentence, or hardly ever does: an article, a preposition, a conjunction, a filler. */
  readonly isHanging: boolean;
}

/** Languages whose words `HANGING` has. */
const WORDS_LANGUAGE = 'en';

/** Words that wait for another one. Left out are those that end sentences as well: prepositions of phrasal verbs (up, in, on, over,
 *  out), question words, "that", "so", "no", and the verbs of short answers (is, have, can). */
const HANGING: ReadonlySet<string> = new Set(
  [
    'a an the my your our their these those every each',
    'and or but nor because if while although though unless until since than whether whereas as',
    'of to for from with at by into onto upon about between among against during without towards',
    'i he she we they which whose',
    'very quite rather such',
    'um uh er erm hmm',
  ]
    .join(' ')
    .split(' '),
);

/** @param text  of the utterance so far, with the punctuation of the recogniser
 *  @param language  ISO 639-1; the hanging words are known of English alone, the punctuation counts in all */
export function textEnding(text: string, language: string): TextEnding {
  const trimmed = text.trim();
  const isOpen = /(?:[,;:،、，؛—–-]|\.{2,}|…)$/u.test(trimmed);
  const endsSentence = !isOpen && /[.!?。！？؟।]["'”’)\]]*$/u.test(trimmed);
  const words = trimmed.toLowerCase().match(/[\p{L}']+/gu) ?? [];
  const last = words.at(-1);
  const isHanging = language === WORDS_LANGUAGE && last !== undefined && HANGING.has(last);
  return { endsSentence, isOpen, isHanging };
}
