import type { ExamResult, FeedbackReport } from '@parlance/contracts';
import { normalizedWords } from './contest-count.js';

/** A turn as an exam judges it. */
export interface ExamTurn {
  readonly text: string;
  readonly scores?: { readonly overall: number; readonly fluency: number } | undefined;
  readonly measures?: { readonly audioMs: number; readonly speechMs: number } | undefined;
  readonly feedback?: FeedbackReport | undefined;
}

/** Nobody stops on the second. */
const OVER_TIME_S = 5;
/** An answer that uses less of its time could say more. */
const SHORT_PART = 0.6;
/** So much better than its words are counted an answer is marked at most: a report may come from a model, which can be talked into marks. */
const MOST_ABOVE_COUNTED = 1.5;
/** Guiraud's index (different words by the root of all words) from which on spoken answers are rich. */
const RICH = 5;

/**
 * Marks an answer by the exam's rubric, 0 to 5 each: delivery (how it is spoken), language (grammar and words), content (whether it
 * answers, and hangs together), timing (how much of the time it uses). The measures are those of the turn and of its report; language and
 * content are bounded by the words that were said.
 * @param speakingSeconds  allowed by the prompt
 */
export function examResult(turn: ExamTurn, speakingSeconds: number): ExamResult {
  const { feedback, scores, measures, text } = turn;
  const rubric = text.trim() === '' ? undefined : (feedback?.rubric ?? undefined);
  const seconds = (measures?.audioMs ?? 0) / 1_000;
  const most = mostByWords(text);
  const marks = {
    delivery: markOf(text.trim() === '' ? undefined : scores?.overall),
    language: Math.min(most, markOf(rubric && (rubric.grammar + rubric.vocabulary) / 2)),
    content: Math.min(most, markOf(rubric && (rubric.relevance + rubric.coherence) / 2)),
    timing: text.trim() === '' ? 0 : timingMark(seconds, speakingSeconds),
  };
  const sum = Object.values(marks).reduce((total, mark) => total + mark, 0);
  return {
    marks,
    total: Math.round(sum * 5),
    spoken_seconds: Math.round(seconds * 10) / 10,
    remarks: remarksOn(turn, seconds, speakingSeconds),
    transcript: text,
  };
}

/** The most that language and content of an answer are marked. */
function mostByWords(text: string): number {
  const words = normalizedWords(text);
  const counted = words.length === 0 ? 0 : (5 * new Set(words).size) / Math.sqrt(words.length) / RICH;
  return Math.min(5, Math.round(2 * (counted + MOST_ABOVE_COUNTED)) / 2);
}

/** Full marks for an answer between three fifths and the whole of its time; less for what is missing, none for what is far over. */
function timingMark(seconds: number, allowed: number): number {
  if (seconds > allowed + OVER_TIME_S) return Math.max(0, Math.round(5 - (seconds - allowed) / OVER_TIME_S));
  return Math.min(5, Math.round((5 * seconds) / (allowed * SHORT_PART)));
}

function remarksOn({ text, feedback }: ExamTurn, seconds: number, allowed: number): string[] {
  if (text.trim() === '') return ['No words were understood.'];
  const remarks: string[] = [];
  if (seconds < allowed * SHORT_PART)
    remarks.push('The answer uses little of its time: say also why, and give an example.');
  if (seconds > allowed + OVER_TIME_S) remarks.push(`The answer is longer than ${allowed} seconds.`);
  if (feedback?.uncertain) remarks.push('Recognition was poor: language and content could not be judged.');
  else if (feedback?.makesSense === false) remarks.push('The answer does not fit the question.');
  return [...remarks, ...(feedback?.suggestions ?? [])].slice(0, 5);
}

/** A mark of 0 to 5, in halves, of points of 0 to 100. */
function markOf(points: number | undefined): number {
  return points === undefined ? 0 : Math.round(points / 10) / 2;
}
