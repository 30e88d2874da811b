import type { FeedbackReport, GrammarError } from '@parlance/contracts';
import { readAnswer, type ReadAnswer } from '../language-model/structured-answer.js';
import { reportAnswerSchema, type ReportAnswer } from './report-request.js';

/** A model's report but for what we know better ourselves. */
export interface ModelReport {
  readonly report: Pick<FeedbackReport, 'errors' | 'makesSense' | 'suggestions' | 'improved'>;
  readonly scores: ReportAnswer['scores'];
}

/** Reads a model's answer; each error's words must stand in the transcript. */
export function readReport(answer: string, transcript: string): ReadAnswer<ModelReport> {
  const parsed = readAnswer(reportAnswerSchema, answer);
  if ('fault' in parsed) return parsed;
  const { errors, scores, ...rest } = parsed.value;
  const found: GrammarError[] = [];
  for (const [index, error] of errors.entries()) {
    const start = positionOf(error.text, transcript, error.start);
    if (start < 0) return { fault: `errors.${index}.text does not stand in the transcript` };
    const end = start + error.text.length;
    // A correction that changes nothing is no error.
    if (error.correction !== error.text) found.push({ ...error, start, end });
  }
  const report = { ...rest, errors: found.sort((one, other) => one.start - other.start) };
  return { value: { report, scores } };
}

/** Where the words stand: at `near`, else at the nearest occurrence, for models count characters badly; −1 where nowhere. */
export function positionOf(text: string, transcript: string, near: number): number {
  let best = -1;
  for (let at = transcript.indexOf(text); at >= 0; at = transcript.indexOf(text, at + 1))
    if (best < 0 || Math.abs(at - near) < Math.abs(best - near)) best = at;
  return best;
}
