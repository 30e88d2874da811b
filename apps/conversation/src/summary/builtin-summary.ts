import { textHead, type SummarySection } from '@parlance/contracts';
import { quote } from './quotations.js';
import type { SessionMaterial } from './session-material.js';
import {
  fillIn,
  SUMMARY_PARTS,
  summaryTexts,
  type SummaryPart,
  type SummaryTexts,
} from './summary-texts.data.js';

export const BUILTIN_SUMMARY = 'builtin-coach';

const MOST_PHRASES = 5;
const MOST_CORRECTIONS = 10;
const MOST_UNCLEAR = 5;
const LONGEST_QUOTE = 160;
/** Beyond these, something is worth saying. */
const FAST_WPM = 180;
const LONG_PAUSE_MS = 2_000;
const SHORT_ANSWER_WORDS = 6;

/** A summary's title, and its parts by name. */
export interface DraftSummary {
  readonly title: string;
  readonly parts: Readonly<Record<SummaryPart, SummarySection>>;
}

/** What can be said without a language model: the person's own words, the checker's corrections, the measures.
 *  @param language  BCP 47, to write in; @param spoken  what was spoken; empty where nothing was */
export function builtinSummary(material: SessionMaterial, language: string, spoken: string): DraftSummary {
  const { language: writtenIn, texts } = summaryTexts(language);
  const points: Record<SummaryPart, readonly string[]> = {
    phrases: phrasePoints(material, texts),
    grammar: material.turns.length === 0 ? [] : grammarPoints(material, texts),
    speech: material.turns.length === 0 ? [] : speechPoints(material, texts),
    next: nextPoints(material, texts),
  };
  const parts = SUMMARY_PARTS.map((part) => [part, { heading: texts.headings[part], points: points[part] }]);
  return {
    title: fillIn(texts.title, { language: languageNameIn(spoken || 'en', writtenIn) }),
    parts: Object.fromEntries(parts) as DraftSummary['parts'],
  };
}

function phrasePoints({ turns, phrases }: SessionMaterial, texts: SummaryTexts): string[] {
  if (turns.length === 0) return [texts.nothingSaid];
  // Where nobody said a whole phrase, what was said stands for it.
  const chosen = phrases.length > 0 ? phrases : turns.slice(0, 1).map(({ text }) => text);
  return chosen.slice(0, MOST_PHRASES).map(quoteOf);
}

function grammarPoints({ corrections }: SessionMaterial, texts: SummaryTexts): string[] {
  if (corrections.length === 0) return [texts.noErrors];
  return corrections.slice(0, MOST_CORRECTIONS).map(({ text, correction, explanation }) => {
    const right = correction === '' ? '—' : withoutMarks(correction);
    return `${quoteOf(text)} → ${right}. ${withoutMarks(explanation)}`.trim();
  });
}

function speechPoints({ speech, unclear }: SessionMaterial, texts: SummaryTexts): string[] {
  if (!speech) return [texts.notMeasured];
  const seconds = (speech.longestPauseMs / 1_000).toFixed(1);
  return [
    fillIn(texts.pace, { wpm: speech.wpm }),
    fillIn(texts.fluency, { score: speech.fluency }),
    ...(speech.longestPauseMs > 0 ? [fillIn(texts.longestPause, { seconds })] : []),
    ...(unclear.length > 0
      ? [fillIn(texts.unclear, { quotes: unclear.slice(0, MOST_UNCLEAR).map(quote).join(', ') })]
      : []),
  ];
}

function nextPoints(material: SessionMaterial, texts: SummaryTexts): string[] {
  const { corrections, speech, unclear, turns, wordsPerTurn } = material;
  const isShort = turns.length > 0 && wordsPerTurn < SHORT_ANSWER_WORDS;
  const count = Math.min(corrections.length, MOST_CORRECTIONS);
  return [
    ...(count > 0 ? [fillIn(texts.repeatCorrections, { count })] : []),
    ...(unclear.length > 0 ? [texts.saySoundly] : []),
    ...(speech && speech.longestPauseMs >= LONG_PAUSE_MS ? [texts.pauseLess] : []),
    ...(speech && speech.wpm > FAST_WPM ? [texts.slower] : []),
    ...(isShort ? [texts.longer] : []),
    texts.goOn,
  ];
}

/** Of long words the beginning, up to the end of a word. */
function quoteOf(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  if (line.length <= LONGEST_QUOTE) return quote(line);
  const head = textHead(line, LONGEST_QUOTE);
  return quote(head.replace(/\s\S*$/u, ''));
}

/** Remarks of the checker quote words of their own, which nobody said. */
function withoutMarks(text: string): string {
  return textHead(text.replace(/[“”„«»"`‘]|(?<![\p{L}\p{N}])['’]|['’](?![\p{L}\p{N}])/gu, ''), 300);
}

/** The name of a language in another one; its code where nobody knows it. */
export function languageNameIn(code: string, writtenIn: string): string {
  try {
    return new Intl.DisplayNames([writtenIn], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
