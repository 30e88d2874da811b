import { describe, expect, it } from '@jest/globals';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { countedMarks } from './counted-marks.js';

const error = (start: number, end: number) => ({ start, end, message: 'm', suggestions: ['x'] });

describe("the built-in coach's marks of words", () => {
  it('of grammar fall with each error, and quote it', () => {
    const turn = aTurn({ text: 'He have a cat and he love it.' });
    const { grammar } = countedMarks(turn, [error(3, 7), error(21, 25)]);
    expect(grammar).toEqual({ mark: 1.3, evidence: ['have', 'love'] });
    expect(countedMarks(turn, []).grammar).toEqual({ mark: 5, evidence: [turn.text] });
  });

  it('of vocabulary are better for many different words than for the same ones, and quote the longest', () => {
    const rich = countedMarks(
      aTurn({ text: 'Yesterday my grandmother cooked delicious mushroom soup for us.' }),
      [],
    );
    const poor = countedMarks(aTurn({ text: 'Good good good good good good good good good.' }), []);
    expect(rich.vocabulary!.mark).toBeGreaterThan(poor.vocabulary!.mark + 1);
    expect(rich.vocabulary!.evidence).toEqual(['grandmother', 'Yesterday', 'delicious']);
  });

  it('count words where the script has no spaces, and mark no grammar that nothing checks', () => {
    const { vocabulary, grammar } = countedMarks(aTurn({ text: '我昨天去了市场。', language: 'zh' }), []);
    expect(vocabulary!.mark).toBeGreaterThan(1);
    expect('我昨天去了市场。').toContain(vocabulary!.evidence[0]);
    expect(grammar).toBeNull();
  });

  it('are none where no word was said', () => {
    expect(countedMarks(aTurn({ text: '…' }), [])).toEqual({ vocabulary: null, grammar: null });
  });
});
