import type { ExamPrompt } from '@parlance/practice';
import { remarksOf, type Turn } from '../platform/turn.schema.js';

/** What is offered as an example, and whose it is. */
export interface ImprovedAnswer {
  readonly text: string;
  /** The user's own answer made better; or, where that needs nothing, the task's example. */
  readonly from: 'answer' | 'task';
}

/** The gateway speaks texts up to 4,096 characters. */
const LONGEST = 3_500;

/** The example for an answer: the platform's improved version, else the answer with the corrections in it, else the task's own. */
export function improvedAnswer(turn: Turn, task: ExamPrompt): ImprovedAnswer {
  const offered = turn.feedback?.improved.trim() ?? '';
  if (offered !== '' && offered !== turn.text.trim()) return { text: shortened(offered), from: 'answer' };
  const corrected = applyRemarks(turn);
  return corrected === turn.text
    ? { text: task.example, from: 'task' }
    : { text: shortened(corrected), from: 'answer' };
}

/** The transcript with each correction in place of what was said; of two that overlap the first counts. */
function applyRemarks(turn: Turn): string {
  let text = '';
  let at = 0;
  for (const { start, end, correction } of remarksOf(turn)) {
    if (correction === '' || start < at) continue;
    text += turn.text.slice(at, start) + correction;
    at = end;
  }
  return text + turn.text.slice(at);
}

/** Cut after its last whole sentence. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const cut = text.slice(0, LONGEST);
  const end = Math.max(cut.lastIndexOf('. '), cut.lastIndexOf('! '), cut.lastIndexOf('? '));
  return end > 0 ? cut.slice(0, end + 1) : cut;
}
