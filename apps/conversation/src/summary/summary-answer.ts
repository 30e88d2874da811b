import { tokensOf } from '@parlance/persistence';
import type { DraftSummary } from './builtin-summary.js';
import type { SaidWords } from './quotations.js';
import {
  NOTES_TASK,
  notesAnswerSchema,
  SUMMARY_TASK,
  summaryAnswerSchema,
  type SessionNotes,
  type SummaryAnswer,
} from './summary-request.js';
import { SUMMARY_PARTS } from './summary-texts.data.js';

/** Words in a row that a text shares with the instructions only where it repeats them. */
const LEAK_WORDS = 7;

/** What became of a model's answer, or what is wrong with it. */
export type ReadSummary =
  { readonly draft: DraftSummary; readonly dropped: number } | { readonly fault: string };

/** The outermost JSON object of an answer that fits a schema; undefined where none does. */
function parse<Value>(
  answer: string,
  schema: { safeParse(value: unknown): { success: boolean; data?: Value } },
): Value | undefined {
  const [start, end] = [answer.indexOf('{'), answer.lastIndexOf('}')];
  if (start < 0 || end < start) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(answer.slice(start, end + 1)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The notes that hold: phrases and mistakes that nobody said are left out. Undefined where the answer does not fit. */
export function readNotes(answer: string, said: SaidWords): SessionNotes | undefined {
  const notes = parse<SessionNotes>(answer, notesAnswerSchema);
  if (!notes) return undefined;
  return {
    phrases: notes.phrases.filter((phrase) => said.has(phrase)),
    mistakes: notes.mistakes.filter((mistake) => said.has(mistake.said)),
    topics: notes.topics.filter((topic) => !repeatsInstructions(topic)),
  };
}

/**
 * Reads a model's summary. Points with a quotation that nobody said, or with the instructions in them, are dropped; a part without points,
 * and a title at fault, are the fallback's.
 * @param headings  take the fallback's headings, which are in the language that is written in
 */
export function readSummary(
  answer: string,
  said: SaidWords,
  fallback: DraftSummary,
  headings: 'own' | 'fallback',
): ReadSummary {
  const read = parse<SummaryAnswer>(answer, summaryAnswerSchema);
  if (!read) return { fault: 'it is no JSON object of that schema' };
  let dropped = 0;
  let kept = 0;
  const isTrue = (text: string) => said.covers(text) && !repeatsInstructions(text);
  const parts = SUMMARY_PARTS.map((part) => {
    const { heading, points } = read[part];
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
  const draft = {
    title: isTrue(read.title) ? read.title : fallback.title,
    parts: Object.fromEntries(parts) as unknown as DraftSummary['parts'],
  };
  return { draft, dropped };
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
