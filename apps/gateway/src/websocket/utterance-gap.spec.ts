import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { UtteranceGap, type EndedUtterance } from './utterance-gap.js';

const GAP_MS = 1_000;
const said = (utteranceId: string, endMs: number, silenceMs = 300): EndedUtterance => ({
  utteranceId,
  endMs,
  hasWords: true,
  silenceMs,
});

describe('the gap behind an utterance', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function watched(gapMs = GAP_MS) {
    const told: string[] = [];
    return { told, gap: new UtteranceGap(gapMs, ({ utteranceId }) => told.push(utteranceId)) };
  }

  it('is told once it is long enough, less the silence that has passed', () => {
    const { told, gap } = watched();
    gap.ended(said('a', 2_000));
    jest.advanceTimersByTime(699);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['a']);
    gap.finish(9_000);
    expect(told).toEqual(['a']);
  });

  it('is told at once where the silence was longer already', () => {
    const { told, gap } = watched(200);
    gap.ended(said('a', 2_000));
    expect(told).toEqual(['a']);
  });

  it('is not told where somebody goes on before, but of the last utterance', () => {
    const { told, gap } = watched();
    gap.ended(said('a', 2_000));
    gap.started(2_800);
    jest.advanceTimersByTime(5_000);
    gap.ended(said('b', 4_000));
    jest.advanceTimersByTime(700);
    expect(told).toEqual(['b']);
  });

  it('is told before the next utterance where audio comes faster than it was spoken', () => {
    const { told, gap } = watched();
    gap.ended(said('a', 2_000));
    gap.started(3_100);
    expect(told).toEqual(['a']);
  });

  it('is told though a sound without words came between', () => {
    const { told, gap } = watched();
    gap.ended(said('a', 2_000));
    gap.started(2_500);
    gap.ended({ ...said('cough', 2_600), hasWords: false });
    jest.advanceTimersByTime(99);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['a']);
  });

  it('is not told of sounds without words', () => {
    const { told, gap } = watched();
    gap.ended({ ...said('cough', 2_600), hasWords: false });
    jest.advanceTimersByTime(5_000);
    gap.finish(9_000);
    expect(told).toEqual([]);
  });

  it('is told at the end of the stream where it was long enough, else not', () => {
    const long = watched();
    long.gap.ended(said('a', 2_000));
    long.gap.finish(3_000);
    expect(long.told).toEqual(['a']);
    const short = watched();
    short.gap.ended(said('a', 2_000));
    short.gap.finish(2_900);
    jest.advanceTimersByTime(5_000);
    expect(short.told).toEqual([]);
  });
});
