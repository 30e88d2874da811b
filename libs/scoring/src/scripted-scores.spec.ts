import { describe, expect, it } from '@jest/globals';
import { columnMoments, quantileOf } from './groups.js';
import { isOffScript, meanLogRatio, whiteNoise } from './off-script.js';
import { PAUSE_FACTS, pauseFacts, speechFrames } from './pause-facts.js';
import { likeliestOther } from './phone-features.js';
import { CLASSES, phoneIndex } from './phone-set.js';
import { intervalScore } from './score-intervals.js';

/** Probabilities of speech: so many frames of 32 ms each. */
function voice(...runs: readonly (readonly ['speech' | 'pause', number])[]): Float32Array {
  return Float32Array.from(
    runs.flatMap(([kind, count]) => new Array<number>(count).fill(kind === 'speech' ? 0.9 : 0.1)),
  );
}

describe('facts of pauses', () => {
  const factsOf = (probabilities: Float32Array): Record<string, number> => {
    const levels = new Float32Array(Math.ceil(probabilities.length * 3.2)).fill(1);
    const facts = pauseFacts(probabilities, levels, { words: 6, phones: 20 });
    return Object.fromEntries(PAUSE_FACTS.map((fact, i) => [fact, facts[i]!]));
  };

  it('count silences of 200 ms and more between the first and the last speech', () => {
    const facts = factsOf(
      voice(['pause', 20], ['speech', 30], ['pause', 10], ['speech', 30], ['pause', 3], ['speech', 5]),
    );
    expect(facts.pauses).toBe(1);
    expect(facts.longest_pause).toBeCloseTo(0.32, 5);
    expect(facts.span_seconds).toBeCloseTo(78 * 0.032, 5);
    expect(facts.speech_rate).toBeCloseTo(20 / (78 * 0.032), 4);
    expect(facts.articulation_rate).toBeCloseTo(20 / (65 * 0.032), 4);
    expect(facts.words_a_run).toBe(3);
    expect(facts.level_variation).toBe(0);
  });

  it('are zeros where nobody speaks', () => {
    expect(Object.values(factsOf(voice(['pause', 50])))).toEqual(PAUSE_FACTS.map(() => 0));
  });

  it('mark the encoder frames with speech, and all where there is none', () => {
    expect(speechFrames(voice(['pause', 1], ['speech', 1]), 3, 0.02)).toEqual([false, false, true]);
    expect(speechFrames(voice(['pause', 2]), 3, 0.02)).toEqual([true, true, true]);
  });
});

describe('a score', () => {
  const knots = { knots: [2, 6, 8] as [number, ...number[]], below: [-2, -1, -0.5], above: [3, 2, 1] };

  it('is a share of 100 with an interval that is linear between knots and ends with the scale', () => {
    expect(intervalScore(7, 'word', knots)).toEqual({ value: 70, low: 62.5, high: 85 });
    expect(intervalScore(1, 'word', knots)).toEqual({ value: 10, low: 0, high: 40 });
    expect(intervalScore(11, 'word', knots)).toEqual({ value: 100, low: 100, high: 100 });
    expect(intervalScore(1.5, 'phone', knots).value).toBe(75);
  });

  it('names the likeliest other phone, with its share among all phones', () => {
    const posteriors = new Array<number>(CLASSES).fill(-12);
    posteriors[phoneIndex('S')!] = Math.log(0.6);
    posteriors[phoneIndex('TH')!] = Math.log(0.3);
    const { phone, probability } = likeliestOther({ phone: phoneIndex('TH')!, posteriors });
    expect(phone).toBe(phoneIndex('S'));
    expect(probability).toBeCloseTo(2 / 3, 3);
  });
});

describe('statistics of groups', () => {
  it('have the quantile of the nearest rank', () => {
    expect([0, 0.1, 0.5, 1].map((share) => quantileOf([3, 1, 2, 5], share))).toEqual([1, 1, 3, 5]);
  });

  it('have mean and standard deviation of the rows that count', () => {
    const data = Float32Array.of(1, 10, 99, 99, 3, 10);
    expect([...columnMoments(data, [true, false, true])]).toEqual([2, 10, 1, 0]);
  });
});

describe('speech off script', () => {
  it('is a text that is hardly likelier with the recording than with noise, however likely it is', () => {
    const unusual = [[-9, -7], [-8]];
    expect(meanLogRatio(unusual, [[-12, -11], [-10]])).toBe(3);
    expect(isOffScript(unusual, [[-12, -11], [-10]])).toBe(false);
    expect(isOffScript([[-1, -0.5]], [[-1.2, -0.9]])).toBe(true);
  });

  it('is told by noise that is always the same', () => {
    const noise = whiteNoise();
    expect(noise).toEqual(whiteNoise());
    expect(Math.abs(noise.reduce((sum, sample) => sum + sample, 0) / noise.length)).toBeLessThan(1e-4);
  });
});
