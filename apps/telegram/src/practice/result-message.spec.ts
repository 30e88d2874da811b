import { describe, expect, it } from '@jest/globals';
import { turnAnswerSchema, type Turn } from '../platform/turn.schema.js';
import { ENGLISH } from '../texts/english.js';
import { improvedAnswer } from './improved-answer.js';
import { resultMessages } from './result-message.js';
import { EXAM_PROMPTS } from '@parlance/practice';

const TASK = EXAM_PROMPTS[1]!;

/** A turn as the gateway answers it. */
function aTurn(changes: object = {}): Turn {
  return turnAnswerSchema.parse({
    id: '01J',
    session: '01S',
    status: 'complete',
    text: 'He go to school & I <like> it.',
    measures: { speechMs: 4_000, longestPauseMs: 1_240, speechRateWpm: 121.6, wordCount: 8 },
    scores: { fluency: 80.4, pace: 70, pauses: 65, soundQuality: 90, overall: 72.4 },
    reply: {
      text: 'Nice.',
      corrections: [{ start: 3, end: 5, message: 'The verb must agree.', suggestions: ['goes'] }],
    },
    error: null,
    ...changes,
  });
}

const FEEDBACK = {
  makesSense: false,
  errors: [{ start: 0, end: 5, correction: 'He goes', rule: 'agreement', explanation: '' }],
  suggestions: ['Give an example.'],
  improved: 'He goes to school, and I like that.',
  rubric: { delivery: 3, comment: 'no number' },
};

const messagesOf = (turn: Turn, seconds = 40): string[] =>
  resultMessages(turn, TASK, improvedAnswer(turn, TASK), seconds, ENGLISH);

describe('the improved answer', () => {
  it('has the corrections in place of what was said', () => {
    expect(improvedAnswer(aTurn(), TASK)).toEqual({
      text: 'He goes to school & I <like> it.',
      from: 'answer',
    });
  });

  it("is the platform's where it has one", () => {
    expect(improvedAnswer(aTurn({ feedback: FEEDBACK }), TASK)).toEqual({
      text: FEEDBACK.improved,
      from: 'answer',
    });
  });

  it("is the task's example where nothing is to be corrected", () => {
    const turn = aTurn({ reply: { text: '', corrections: [] } });
    expect(improvedAnswer(turn, TASK)).toEqual({ text: TASK.example, from: 'task' });
  });

  it('is not spoilt by remarks that overlap, lie outside or only comment', () => {
    const corrections = [
      { start: 0, end: 5, message: '', suggestions: ['She goes'] },
      { start: 3, end: 5, message: '', suggestions: ['goes'] },
      { start: 6, end: 8, message: 'a comment', suggestions: [] },
      { start: 20, end: 900, message: '', suggestions: ['nothing'] },
    ];
    expect(improvedAnswer(aTurn({ reply: { text: '', corrections } }), TASK).text).toBe(
      'She goes to school & I <like> it.',
    );
  });

  it('is cut at a sentence where it is too long to be spoken', () => {
    const improved = 'A whole sentence. '.repeat(400);
    const { text } = improvedAnswer(aTurn({ feedback: { ...FEEDBACK, improved } }), TASK);
    expect(text.length).toBeLessThanOrEqual(3_500);
    expect(text.endsWith('sentence.')).toBe(true);
  });
});

describe('the message of a result', () => {
  it('tells the score, the transcript, the corrections and the improved answer, safe as HTML', () => {
    const [message, ...more] = messagesOf(aTurn());
    expect(more).toEqual([]);
    expect(message).toContain('<b>Score: 72 of 100</b>\nFluency 80 · Pace 70 · Pauses 65 · Sound 90');
    expect(message).toContain('122 words a minute, longest pause 1.2 s, 40 of 45 seconds used.');
    expect(message).toContain('<i>He go to school &amp; I &lt;like&gt; it.</i>');
    expect(message).toContain('• “go” → “goes”: The verb must agree.');
    expect(message).toContain('<i>He goes to school &amp; I &lt;like&gt; it.</i>');
    expect(message).not.toContain('<like>');
  });

  it("tells the platform's feedback where there is one", () => {
    const message = messagesOf(aTurn({ feedback: FEEDBACK })).join('\n');
    expect(message).toContain('• “He go” → “He goes”: agreement');
    expect(message).toContain('• Give an example.');
    expect(message).toContain(ENGLISH.result.offTopic);
    expect(message).toContain('delivery: 3');
    expect(message).not.toContain('no number');
  });

  it('says when the time was not used or exceeded', () => {
    expect(messagesOf(aTurn(), 12).join()).toContain(ENGLISH.result.tooShort);
    expect(messagesOf(aTurn(), 60).join()).toContain(ENGLISH.result.overTime);
  });

  it('is split where Telegram would refuse it, between sections', () => {
    const messages = messagesOf(
      aTurn({ text: 'word & '.repeat(400), reply: null, feedback: { improved: 'b & '.repeat(700) } }),
    );
    expect(messages.length).toBeGreaterThan(1);
    for (const message of messages) {
      const rendered = message.replaceAll(/<[^>]+>/g, '').replaceAll(/&\w+;/g, '&');
      expect(rendered.length).toBeLessThanOrEqual(4_096);
      expect(message.match(/<i>/g)?.length ?? 0).toBe(message.match(/<\/i>/g)?.length ?? 0);
    }
  });
});
