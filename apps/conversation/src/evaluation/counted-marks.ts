import { BEST_MARK, type Correction, type CriterionMark, type TurnTranscribed } from '@parlance/contracts';
import { grammarScore, vocabularyScore } from '../feedback/builtin-report.js';
import { toMark } from './measured-marks.js';
import { openingOf, shortQuotes, wordsIn } from './transcript-quotes.js';

const MOST_QUOTES = 3;

/** What the grammar checker knows. */
const CHECKED = /^en\b/i;

/** Marks of the words by counting. */
export interface CountedMarks {
  readonly vocabulary: CriterionMark | null;
  readonly grammar: CriterionMark | null;
}

/**
 * The built-in coach's marks of a turn's words, by the counts of its report: different words for vocabulary, and errors of the
 * grammar checker for grammar, which is null in languages that it does not know.
 */
export function countedMarks(turn: TurnTranscribed, corrections: readonly Correction[]): CountedMarks {
  const words = wordsIn(turn.text, turn.language);
  if (words.length === 0) return { vocabulary: null, grammar: null };
  return {
    vocabulary: {
      mark: outOf(vocabularyScore(words.map((word) => word.toLowerCase()))),
      evidence: shortQuotes(
        [...words].sort((one, other) => other.length - one.length),
        MOST_QUOTES,
      ),
    },
    grammar: CHECKED.test(turn.language) ? grammarMark(turn.text, corrections, words.length) : null,
  };
}

function grammarMark(text: string, corrections: readonly Correction[], words: number): CriterionMark {
  const errors = corrections.filter(({ suggestions }) => suggestions.length > 0);
  const quotes = errors.map(({ start, end }) => text.slice(start, end));
  return {
    mark: outOf(grammarScore(errors.length, words)),
    // Where nothing is wrong, what was said is the evidence of it.
    evidence: shortQuotes(errors.length > 0 ? quotes : [openingOf(text)], MOST_QUOTES),
  };
}

/** A score of 0 to 100 as a mark. */
function outOf(score: number): number {
  return toMark((score * BEST_MARK) / 100);
}
