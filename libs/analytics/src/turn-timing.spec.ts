import { describe, expect, it } from '@jest/globals';
import { interactionFlowScore, responseTimeScore, turnTiming } from './turn-timing.js';

/** Probabilities of speech: so many frames of 32 ms each. */
function voice(...runs: readonly (readonly ['speech' | 'pause', number])[]): Float32Array {
  return Float32Array.from(
    runs.flatMap(([kind, count]) => new Array<number>(count).fill(kind === 'speech' ? 0.9 : 0.1)),
  );
}

const timing = (gapMs: number, answerMs = 2_000, lapseMs = 0) => ({ gapMs, answerMs, lapseMs });

describe('the timing of a turn', () => {
  const answer = voice(
    ['pause', 5],
    ['speech', 1],
    ['pause', 4],
    ['speech', 50],
    ['pause', 32],
    ['speech', 10],
  );

  it('counts from the end of the question to the first speech that is no click', () => {
    expect(turnTiming(answer, { questionEndMs: 100 })).toEqual({
      gapMs: 10 * 32 - 100,
      answerMs: 92 * 32,
      lapseMs: 32 * 32,
    });
  });

  it('takes the delay that somebody has measured, and negative ends before the recording', () => {
    expect(turnTiming(answer, { responseDelayMs: -250 })).toMatchObject({ gapMs: -250 });
    expect(turnTiming(answer, { questionEndMs: -1_000 })).toMatchObject({ gapMs: 1_320 });
  });

  it('is unknown where nobody speaks', () => {
    expect(turnTiming(voice(['pause', 40], ['speech', 2]), { questionEndMs: 0 })).toBeUndefined();
    expect(turnTiming(new Float32Array(0), { questionEndMs: 0 })).toBeUndefined();
  });
});

describe('the score of the response time', () => {
  it('is full up to 700 ms, none from 10 s, and halved at their geometric mean', () => {
    const scores = [-400, 0, 700, Math.sqrt(700 * 10_000), 10_000, 60_000].map((gap) =>
      responseTimeScore(timing(gap)),
    );
    [100, 100, 100, 50, 0, 0].forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 6));
  });
});

describe('the score of the interaction', () => {
  it('is the share of the time in which one person speaks', () => {
    expect(interactionFlowScore(timing(1_120, 2_000))).toBeCloseTo(100 * (2 / 3), 6);
    expect(interactionFlowScore(timing(-620, 2_000))).toBeCloseTo(75, 6);
    expect(interactionFlowScore(timing(0, 4_000, 1_000))).toBeCloseTo(75, 6);
  });

  it('does not count what nobody perceives, and is none where the answer lies within the question', () => {
    expect([-120, 0, 120].map((gap) => interactionFlowScore(timing(gap)))).toEqual([100, 100, 100]);
    expect(interactionFlowScore(timing(-9_000))).toBe(0);
  });
});
