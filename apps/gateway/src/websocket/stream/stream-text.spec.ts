import { describe, expect, it } from '@jest/globals';
import type { FeedbackReport } from '@parlance/contracts';
import { aMistake, aReport } from '../../../../../test/support/feedback-factory.js';
import { aResult } from '../../../../../test/support/recognition-factory.js';
import { StreamText } from './stream-text.js';

const SESSION = '01JD0000000000000000000000';

function reportOn(finals: readonly string[], reports: readonly (FeedbackReport | undefined)[]) {
  const text = new StreamText();
  for (const [index, said] of finals.entries()) {
    text.add(aResult({ utteranceId: `u${index}`, text: said }));
    text.stored(`u${index}`, `t${index}`);
  }
  return text.report(SESSION, 9_000, (turn) => reports[Number(turn.slice(1))]);
}

describe('the report on a stream', () => {
  it('has the mistakes of every utterance where they stand in the whole text', () => {
    const report = reportOn(
      [' I goed home.', 'We eated. ', ' ', ' Und 👍 du sayed.'],
      [
        aReport({ errors: [aMistake(3, 'goed')], suggestions: ['Say when.'] }),
        aReport({ errors: [aMistake(3, 'eated')], model: 'groq:x' }),
        undefined,
        aReport({ errors: [aMistake(11, 'sayed')], suggestions: ['Say when.'] }),
      ],
    );
    expect(report).toMatchObject({ type: 'report', session_id: SESSION, duration_ms: 9_000, words: 9 });
    expect(report.text).toBe('I goed home. We eated. Und 👍 du sayed.');
    const found = report.errors.map(({ start, end }) => report.text.slice(start, end));
    expect(found).toEqual(['goed', 'eated', 'sayed']);
    expect(report.suggestions).toEqual(['Say when.']);
    expect(report).toMatchObject({ complete: true, unchecked: 0, models: ['builtin-coach', 'groq:x'] });
  });

  it('says how many utterances were not checked', () => {
    expect(reportOn([' One.', ' Two.'], [aReport()])).toMatchObject({ complete: false, unchecked: 1 });
  });

  it('is empty and complete where nothing was said', () => {
    expect(reportOn([], [])).toMatchObject({ text: '', words: 0, errors: [], complete: true, models: [] });
  });
});
