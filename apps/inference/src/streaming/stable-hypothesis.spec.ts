import { describe, expect, it } from '@jest/globals';
import { StableHypothesis } from './stable-hypothesis.js';

/** One token a word, which is close enough to how Whisper cuts English. */
const vocabulary = new Map<string, number>();
function hypothesis(text: string): { text: string; tokens: number[] } {
  const tokens = text.split(' ').map((word) => {
    if (!vocabulary.has(word)) vocabulary.set(word, vocabulary.size);
    return vocabulary.get(word)!;
  });
  return { text, tokens };
}

describe('StableHypothesis', () => {
  it('calls nothing stable after one hypothesis', () => {
    expect(new StableHypothesis().accept(hypothesis('we call it'))).toEqual({
      text: 'we call it',
      stableLength: 0,
      stability: 0,
    });
  });

  it('calls words stable on which two hypotheses agree', () => {
    const tracker = new StableHypothesis();
    tracker.accept(hypothesis('we call it there'));
    const interim = tracker.accept(hypothesis('we call it bear today'));
    expect(interim?.text.slice(0, interim.stableLength)).toBe('we call it');
    expect(interim?.stability).toBeCloseTo(10 / 21, 5);
  });

  it('leaves the newest last word open, which may be half spoken', () => {
    const tracker = new StableHypothesis();
    tracker.accept(hypothesis('a cat'));
    expect(tracker.accept(hypothesis('a cat'))?.stableLength).toBe(1);
    expect(tracker.prefixTokens).toEqual([]);
  });

  it('never takes back what it called stable: a contradiction is not shown', () => {
    const tracker = new StableHypothesis();
    tracker.accept(hypothesis('we call it bear'));
    tracker.accept(hypothesis('we call it bear now'));
    expect(tracker.accept(hypothesis('he calls it bear now'))).toBeUndefined();
    const after = tracker.accept(hypothesis('we call it bear now and'));
    expect(after?.stableLength).toBeGreaterThanOrEqual('we call it bear'.length);
  });

  it('offers the agreed tokens as the start of the next decode', () => {
    const tracker = new StableHypothesis();
    tracker.accept(hypothesis('one two three four five'));
    tracker.accept(hypothesis('one two three six seven eight'));
    expect(tracker.prefixTokens).toEqual(hypothesis('one two three').tokens);
  });

  it('shows nothing for an empty hypothesis', () => {
    expect(new StableHypothesis().accept({ text: '', tokens: [] })).toBeUndefined();
  });
});
