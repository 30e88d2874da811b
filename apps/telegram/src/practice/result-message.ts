import type { ExamPrompt } from '@parlance/practice';
import { escapeHtml } from '../bot/bot-context.js';
import { remarksOf, type Turn } from '../platform/turn.schema.js';
import type { Texts } from '../texts/texts.js';
import type { ImprovedAnswer } from './improved-answer.js';

/** Telegram takes 4,096 characters a message. */
const LONGEST_MESSAGE = 4_000;
const LONGEST_SECTION = 3_000;
const MOST_REMARKS = 12;
const MOST_SUGGESTIONS = 5;
/** An answer that uses less of its time could say more. */
const SHORT_PART = 0.6;
/** Nobody stops on the second. */
const OVER_TIME_S = 5;

/** What a user is told of an answer: score, transcript, corrections, improved version.
 *  @param seconds  playing time of the voice message
 *  @returns messages in Telegram's HTML, in order */
export function resultMessages(
  turn: Turn,
  task: ExamPrompt,
  improved: ImprovedAnswer,
  seconds: number,
  texts: Texts,
): string[] {
  const { result } = texts;
  const example = improved.from === 'answer' ? result.improved : result.example;
  return pack([
    scoreSection(turn, task, seconds, texts),
    section(result.understood, [quoted(turn.text)]),
    turn.feedback?.makesSense === false ? result.offTopic : '',
    section(
      result.rubric,
      (turn.feedback?.rubric ?? []).map(({ criterion, score }) => `${escapeHtml(criterion)}: ${score}`),
    ),
    correctionSection(turn, texts),
    section(
      result.suggestions,
      (turn.feedback?.suggestions ?? []).slice(0, MOST_SUGGESTIONS).map((one) => `• ${clipped(one)}`),
    ),
    section(example, [quoted(improved.text)]),
    result.next,
  ]);
}

function scoreSection(
  { scores, measures }: Turn,
  task: ExamPrompt,
  seconds: number,
  { result }: Texts,
): string {
  const parts = (['fluency', 'pace', 'pauses', 'soundQuality'] as const).map(
    (name) => `${result.scores[name]} ${Math.round(scores[name])}`,
  );
  const lines = [
    `<b>${result.score(Math.round(scores.overall))}</b>`,
    parts.join(' · '),
    result.delivery({
      wordsPerMinute: Math.round(measures.speechRateWpm),
      longestPause: (measures.longestPauseMs / 1_000).toFixed(1),
      spoken: seconds,
      allowed: task.speakingSeconds,
    }),
  ];
  if (seconds < task.speakingSeconds * SHORT_PART) lines.push(result.tooShort);
  if (seconds > task.speakingSeconds + OVER_TIME_S) lines.push(result.overTime);
  return lines.join('\n');
}

function correctionSection(turn: Turn, { result }: Texts): string {
  const remarks = remarksOf(turn).slice(0, MOST_REMARKS);
  if (remarks.length === 0) return result.noCorrections;
  const lines = remarks.map(({ start, end, correction, explanation }) => {
    const said = `“${clipped(turn.text.slice(start, end))}”`;
    const better = correction === '' ? said : `${said} → “${clipped(correction)}”`;
    return explanation === '' ? `• ${better}` : `• ${better}: ${clipped(explanation)}`;
  });
  return section(result.corrections, lines);
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<b>${title}</b>\n${lines.join('\n')}`;
}

const clipped = (text: string): string => escapeHtml(text.length > 300 ? `${text.slice(0, 300)}…` : text);
const quoted = (text: string): string =>
  `<i>${escapeHtml(text.length > LONGEST_SECTION ? `${text.slice(0, LONGEST_SECTION)}…` : text)}</i>`;

/** Sections joined to as few messages as they fit in; none is cut, so that each message's HTML is whole. */
function pack(sections: readonly string[]): string[] {
  const messages: string[] = [];
  for (const one of sections.filter((text) => text !== '')) {
    const last = messages.at(-1);
    if (last !== undefined && last.length + one.length + 2 <= LONGEST_MESSAGE)
      messages[messages.length - 1] = `${last}\n\n${one}`;
    else messages.push(one);
  }
  return messages;
}
