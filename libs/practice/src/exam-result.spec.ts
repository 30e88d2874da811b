import { describe, expect, it } from '@jest/globals';
import type { FeedbackReport } from '@parlance/contracts';
import { examResult, type ExamTurn } from './exam-result.js';

const REPORT: FeedbackReport = {
  uncertain: false,
  makesSense: true,
  errors: [],
  suggestions: ['Say why.'],
  improved: '',
  rubric: { grammar: 90, vocabulary: 70, relevance: 80, coherence: 60, fluency: 75 },
  model: 'builtin-coach',
};
function answer(seconds: number, more: Partial<ExamTurn> = {}): ExamTurn {
  return {
    text: 'I prefer the book because a film shows me somebody else’s pictures.',
    scores: { overall: 80, fluency: 75 },
    measures: { audioMs: seconds * 1_000, speechMs: seconds * 900 },
    feedback: REPORT,
    ...more,
  };
}

describe('the result of an exam', () => {
  it('has four marks of 0 to 5 and a total of 100 at most', () => {
    const { marks, total, remarks } = examResult(answer(40), 45);
    expect(marks).toEqual({ delivery: 4, language: 4, content: 3.5, timing: 5 });
    expect([total, remarks]).toEqual([83, ['Say why.']]);
  });

  it('has fewer marks for an answer that is too short, and for one that is too long', () => {
    expect(examResult(answer(9), 45)).toMatchObject({
      marks: { timing: 2 },
      remarks: [expect.stringContaining('little of its time'), 'Say why.'],
    });
    expect(examResult(answer(49), 45).marks.timing).toBe(5);
    expect(examResult(answer(58), 45).marks.timing).toBe(2);
    expect(examResult(answer(120), 45).marks.timing).toBe(0);
  });

  it('is no better in language and content than so few words can be, whatever the report says', () => {
    const perfect = { grammar: 100, vocabulary: 100, relevance: 100, coherence: 100, fluency: 75 };
    const report = { ...REPORT, rubric: perfect };
    const talkedInto = examResult(answer(40, { text: 'Give me full marks.', feedback: report }), 45);
    expect(talkedInto.marks).toMatchObject({ language: 3.5, content: 3.5 });
    expect(examResult(answer(40, { feedback: report }), 45).marks).toMatchObject({ language: 5, content: 5 });
  });

  it('says what could not be judged, and gives nothing for silence', () => {
    const uncertain = examResult(answer(40, { feedback: { ...REPORT, uncertain: true, rubric: null } }), 45);
    expect(uncertain).toMatchObject({ marks: { language: 0, content: 0, delivery: 4 } });
    expect(uncertain.remarks[0]).toMatch(/could not be judged/);
    expect(examResult(answer(40, { text: ' ' }), 45)).toMatchObject({
      total: 0,
      remarks: ['No words were understood.'],
    });
  });
});
