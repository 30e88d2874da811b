import type { Correction, FeedbackReport, GrammarError, Rubric, TurnTranscribed } from '@parlance/contracts';
import { topicsOf } from '../coach/topic.js';
import { scenarioProgress } from '../coach/scenario-progress.js';
import type { ReplyContext } from '../language-model/language-model.js';

const MODEL = 'builtin-coach';

/** The report of the built-in coach: errors of the grammar checker, marks by plain counting. It says no more than it knows.
 *  @param question  what the turn answers; empty where nothing was asked */
export function builtinReport(
  turn: TurnTranscribed,
  corrections: readonly Correction[],
  context: ReplyContext,
  question: string,
): FeedbackReport {
  const errors = corrections.flatMap((correction) => errorOf(turn.text, correction));
  const words = wordsOf(turn.text);
  return {
    uncertain: false,
    makesSense: words.length >= 2,
    errors,
    suggestions: suggestionsFor(turn, words),
    improved: improvedText(turn.text, errors),
    rubric: {
      grammar: grammarScore(errors.length, words.length),
      vocabulary: vocabularyScore(words),
      relevance: relevanceScore(turn.text, context, question),
      coherence: coherenceScore(turn.text, words.length),
      fluency: measuredFluency(turn),
    },
    model: MODEL,
  };
}

/** The recogniser's score; other recognisers than ours give none. */
export function measuredFluency({ scores }: TurnTranscribed): number | null {
  return scores ? Math.round(scores.fluency) : null;
}

/** Of what was recognised poorly: nothing is corrected and nothing is marked. */
export function uncertainReport({ text }: TurnTranscribed): FeedbackReport {
  return {
    uncertain: true,
    makesSense: false,
    errors: [],
    suggestions: ['Say it once more, a little slower and closer to the microphone.'],
    improved: text,
    rubric: null,
    model: MODEL,
  };
}

/** What of a remark can be corrected. */
export function errorOf(
  transcript: string,
  { start, end, message, suggestions, rule }: Correction,
): GrammarError[] {
  const [correction] = suggestions;
  const text = transcript.slice(start, end);
  if (correction === undefined || correction === text) return [];
  return [{ start, end, text, correction, rule: rule ?? 'grammar', explanation: message }];
}

/** The text with every error corrected; of two that overlap the first one. */
export function improvedText(text: string, errors: readonly GrammarError[]): string {
  let improved = '';
  let at = 0;
  for (const { start, end, correction } of errors) {
    if (start < at) continue;
    improved += text.slice(at, start) + correction;
    at = end;
  }
  return (improved + text.slice(at)).replace(/ {2,}/g, ' ').trim();
}

function suggestionsFor({ text }: TurnTranscribed, words: readonly string[]): string[] {
  const suggestions: string[] = [];
  if (words.length < 6) suggestions.push('Try a longer answer: say also why, when or with whom.');
  if (words.length >= 6 && !LINKS.test(text))
    suggestions.push('Join your thoughts with words such as because, but or so.');
  return suggestions;
}

const LINKS = /\b(because|but|so|then|although|however|when|while|if|first|after|before|therefore)\b/i;

/** An error in every third word leaves nothing. */
export function grammarScore(errors: number, words: number): number {
  return words === 0 ? 0 : bounded(100 - (300 * errors) / Math.max(words, 6));
}

/** Guiraud's index (different words by the root of all words): 5 and more is rich for spoken turns. */
export function vocabularyScore(words: readonly string[]): number {
  return words.length === 0 ? 0 : bounded((20 * new Set(words).size) / Math.sqrt(words.length));
}

/** Whether it takes up a word of the question, of the scenario's goal, or says something of weight at all. */
function relevanceScore(text: string, { exchanges, scenario }: ReplyContext, asked: string): number {
  const said = topicsOf(text);
  const question = new Set(wordsOf(asked));
  const picksUp = said.some((topic) => wordsOf(topic).some((word) => word.length > 3 && question.has(word)));
  const before = exchanges.map((exchange) => exchange.said);
  const reachesGoal =
    scenario !== undefined &&
    scenarioProgress(scenario, [...before, text]).reached > scenarioProgress(scenario, before).reached;
  if (picksUp || reachesGoal) return 90;
  return said.length > 0 ? 70 : 40;
}

/** Sentences of a sayable length, with words that join them. */
function coherenceScore(text: string, words: number): number {
  const sentences = Math.max(1, text.split(/[.!?]+\s/).filter((one) => one.trim() !== '').length);
  const length = words / sentences;
  return bounded(50 + (length >= 4 && length <= 25 ? 25 : 0) + (LINKS.test(text) ? 25 : 0));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [];
}

function bounded(score: number): Rubric['grammar'] {
  return Math.round(Math.min(100, Math.max(0, score)));
}
