import { describe, expect, it } from '@jest/globals';
import { rubricSchema } from '@parlance/contracts';
import { aContext } from '../../../../test/support/prompt-factory.js';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { builtinReport, uncertainReport } from './builtin-report.js';

const correction = (start: number, end: number, suggestion: string) => ({
  start,
  end,
  message: 'Use another form.',
  suggestions: [suggestion],
  rule: 'Agreement',
});

describe("the built-in coach's report", () => {
  it('has the errors of the grammar checker, each with its place, and the text with all of them corrected', () => {
    const turn = aTurn({ text: 'He have a cat and he love it.' });
    const report = builtinReport(
      turn,
      [correction(3, 7, 'has'), correction(21, 25, 'loves')],
      aContext(),
      '',
    );
    expect(report.errors).toEqual([
      {
        start: 3,
        end: 7,
        text: 'have',
        correction: 'has',
        rule: 'Agreement',
        explanation: 'Use another form.',
      },
      {
        start: 21,
        end: 25,
        text: 'love',
        correction: 'loves',
        rule: 'Agreement',
        explanation: 'Use another form.',
      },
    ]);
    expect(report.improved).toBe('He has a cat and he loves it.');
    expect(report).toMatchObject({ model: 'builtin-coach', makesSense: true, uncertain: false });
  });

  it('corrects the first of two overlapping errors, and leaves out words', () => {
    const turn = aTurn({ text: 'I am am happy.' });
    const overlapping = [correction(2, 7, 'am'), correction(5, 7, ''), correction(8, 13, 'glad')];
    expect(builtinReport(turn, overlapping, aContext(), '').improved).toBe('I am glad.');
  });

  it('marks more errors lower, and fluency as it was measured', () => {
    const turn = aTurn({ text: 'He have a cat and he love it.' });
    const none = builtinReport(turn, [], aContext(), '').rubric!;
    const one = builtinReport(turn, [correction(3, 7, 'has')], aContext(), '').rubric!;
    expect(none.grammar).toBe(100);
    expect(one.grammar).toBeLessThan(80);
    expect(one.fluency).toBe(80);
    expect(rubricSchema.parse(one)).toEqual(one);
  });

  it('finds an answer to the question more relevant than one to nothing', () => {
    const question = 'What do you buy at the market?';
    const reportOn = (text: string) => builtinReport(aTurn({ text }), [], aContext(), question).rubric!;
    const answer = reportOn('At the market I buy apples.');
    const other = reportOn('My brother plays chess.');
    expect(answer.relevance).toBeGreaterThan(other.relevance);
  });

  it('of poorly recognised speech corrects and marks nothing', () => {
    expect(uncertainReport(aTurn())).toMatchObject({ uncertain: true, errors: [], rubric: null });
  });
});
