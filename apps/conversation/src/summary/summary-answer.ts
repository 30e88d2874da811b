import { tokensOf } from '@parlance/persistence';
import { readAnswer, type JudgedAnswer, type ReadAnswer } from '../language-model/structured-answer.js';
import type { DraftSummary } from './builtin-summary.js';
import type { SaidWords } from './quotations.js';
import {
  NOTES_TASK,
  notesAnswerSchema,
  SUMMARY_TASK,
  summaryAnswerSchema,
  type SessionNotes,
} from './summary-request.js';
import { SUMMARY_PARTS } from './summary-texts.data.js';

/** Words in a row that a text shares with the instructions only where it repeats them. */
const LEAK_WORDS = 7;

/** Reads the notes that hold: phrases and mistakes that nobody said are left out. */
export function readNotes(answer: string, said: SaidWords): ReadAnswer<SessionNotes> {
  const read = readAnswer(notesAnswerSchema, answer);
  if ('fault' in read) return read;
  const { phrases, mistakes, topics } = read.value;
  return {
    value: {
      phrases: phrases.filter((phrase) => said.has(phrase)),
      mistakes: mistakes.filter((mistake) => said.has(mistake.said)),
      topics: topics.filter((topic) => !repeatsInstructions(topic)),
    },
  };
}

/**
 * Reads a model's summary. Points with a quotation that nobody said, or with the instructions in them, are dropped; a part without points,
 * and a title at fault, are the fallback's. An answer that lost points will do, and has a fault.
 * @param headings  take the fallback's headings, which are in the language that is written in
 */
export function readSummary(
  answer: string,
  said: SaidWords,
  fallback: DraftSummary,
  headings: 'own' | 'fallback',
): JudgedAnswer<DraftSummary> {
  const read = readAnswer(summaryAnswerSchema, answer);
  if ('fault' in read) return read;
  let dropped = 0;
  let kept = 0;
  const isTrue = (text: string) => said.covers(text) && !repeatsInstructions(text);
  const parts = SUMMARY_PARTS.map((part) => {
    const { heading, points } = read.value[part];
    const held = points.map((point) => point.trim()).filter((point) => point !== '' && isTrue(point));
    dropped += points.length - held.length;
    kept += held.length;
    const usesOwn = headings === 'own' && isTrue(heading);
    return [
      part,
      {
        heading: usesOwn ? heading : fallback.parts[part].heading,
        points: held.length > 0 ? held : fallback.parts[part].points,
      },
    ] as const;
  });
  if (kept === 0) return { fault: 'its points quote what the learner did not say' };
  const value = {
    title: isTrue(read.value.title) ? read.value.title : fallback.title,
    parts: Object.fromEntries(parts) as unknown as DraftSummary['parts'],
  };
  if (dropped === 0) return { value };
  return { value, fault: 'some points quote what the learner did not say, word for word' };
}

let shingles: ReadonlySet<string> | undefined;

/** Whether a text has several words in a row of what the model was told. */
function repeatsInstructions(text: string): boolean {
  shingles ??= new Set([NOTES_TASK, SUMMARY_TASK].flatMap(runsOf));
  return runsOf(text).some((run) => shingles?.has(run));
}

function runsOf(text: string): string[] {
  const terms = tokensOf(text).map(({ term }) => term);
  return terms.slice(LEAK_WORDS - 1).map((_, at) => terms.slice(at, at + LEAK_WORDS).join(' '));
}
