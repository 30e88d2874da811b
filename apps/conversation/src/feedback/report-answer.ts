import type { FeedbackReport, GrammarError } from '@parlance/contracts';
import { reportAnswerSchema, type ReportAnswer } from './report-request.js';

/** What became of a model's answer: the report but for what we know better ourselves, or what is wrong with it. */
export type ReadReport =
  | {
      readonly report: Pick<FeedbackReport, 'errors' | 'makesSense' | 'suggestions' | 'improved'>;
      readonly scores: ReportAnswer['scores'];
    }
  | { readonly fault: string };

const MOST_FAULTS = 5;

/** Reads a model's answer; each error's words must stand in the transcript. */
export function readReport(answer: string, transcript: string): ReadReport {
  const json = objectIn(answer);
  if (json === undefined) return { fault: 'it is no JSON object' };
  const parsed = reportAnswerSchema.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, MOST_FAULTS);
    return { fault: issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ') };
  }
  const { errors, scores, ...rest } = parsed.data;
  const found: GrammarError[] = [];
  for (const [index, error] of errors.entries()) {
    const start = positionOf(error.text, transcript, error.start);
    if (start < 0) return { fault: `errors.${index}.text does not stand in the transcript` };
    const end = start + error.text.length;
    // A correction that changes nothing is no error.
    if (error.correction !== error.text) found.push({ ...error, start, end });
  }
  return { report: { ...rest, errors: found.sort((one, other) => one.start - other.start) }, scores };
}

/** The outermost JSON object of a text, which may stand in a code block or among words. */
export function objectIn(answer: string): unknown {
  const start = answer.indexOf('{');
  const end = answer.lastIndexOf('}');
  if (start < 0 || end < start) return undefined;
  try {
    return JSON.parse(answer.slice(start, end + 1));
  } catch {
    return undefined;
  }
}

/** Where the words stand: at `near`, else at the nearest occurrence, for models count characters badly; −1 where nowhere. */
export function positionOf(text: string, transcript: string, near: number): number {
  let best = -1;
  for (let at = transcript.indexOf(text); at >= 0; at = transcript.indexOf(text, at + 1))
    if (best < 0 || Math.abs(at - near) < Math.abs(best - near)) best = at;
  return best;
}
