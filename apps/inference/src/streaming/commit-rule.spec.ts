import { describe, expect, it } from '@jest/globals';
import type { HeardWord } from '../whisper/utterance.types.js';
import { countSettled } from './commit-rule.js';

/** Words of 300 ms, one token each. */
function words(text: string, confidence = 0.3): HeardWord[] {
  return text.split(' ').map((word, i) => ({
    text: ` ${word}`,
    tokens: [[...word].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7)],
    startMs: i * 300,
    endMs: (i + 1) * 300,
    confidence,
  }));
}

describe('the commit rule', () => {
  it('settles what two hypotheses in a row agree on, but never the last word', () => {
    const earlier = words('we went two the sea');
    expect(countSettled([], words('we went to the sea side'), earlier, 9000)).toBe(2);
    expect(countSettled([], words('we went two the sea'), earlier, 9000)).toBe(4);
    expect(countSettled([], words('we went'), [], 9000)).toBe(0);
  });

  it('settles nothing near the end of what was heard', () => {
    const same = words('we went to the sea side');
    expect(countSettled([], same, same, 1800)).toBe(5);
    expect(countSettled([], same, same, 1340)).toBe(3);
  });

  it('settles a word heard once when it is sure and well before the end', () => {
    const sure = words('we went to the sea side', 0.9);
    expect(countSettled([], sure, [], 1800)).toBe(4);
    expect(countSettled([], sure, words('he went'), 1800)).toBe(4);
    const doubtful = sure.map((word, i) => (i === 2 ? { ...word, confidence: 0.2 } : word));
    expect(countSettled([], doubtful, [], 1800)).toBe(2);
  });

  it('settles nothing where a phrase comes three times in a row', () => {
    const loop = words('and so and so and so on', 0.9);
    expect(countSettled([], loop, loop, 9000)).toBe(0);
    expect(countSettled(words('so so'), words('so what now', 0.9), [], 9000)).toBe(0);
  });
});
