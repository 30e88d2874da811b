import { describe, expect, it } from '@jest/globals';
import { activeDays, NO_ACTIVITY, withActivity } from './activity.js';
import { dueByRating, newCard, retrievability, reviewed, stateOf } from './repetition.js';

const NOW = new Date('2026-03-01T10:00:00Z');
const days = (from: Date, to: string) => (Date.parse(to) - from.getTime()) / 86_400_000;

describe('spaced repetition', () => {
  it('has a new word due at once, and later the better it is remembered', () => {
    const card = newCard(NOW);
    expect([card.due, stateOf(card), retrievability(card, NOW)]).toEqual([NOW.toISOString(), 'new', 0]);
    const { again, hard, good, easy } = dueByRating(card, NOW);
    expect([again, hard, good, easy]).toEqual([again, hard, good, easy].sort());
    expect(days(NOW, easy)).toBeGreaterThan(3);
  });

  it('grows the interval with each good review, and shortens it with a lapse', () => {
    let card = newCard(NOW);
    const intervals: number[] = [];
    let at = NOW;
    for (let review = 0; review < 5; review += 1) {
      card = reviewed(card, 'good', at);
      intervals.push(days(at, card.due));
      at = new Date(card.due);
    }
    expect(intervals).toEqual([...intervals].sort((one, other) => one - other));
    expect([stateOf(card), card.reps]).toEqual(['review', 5]);
    expect(retrievability(card, at)).toBeCloseTo(0.9, 1);
    const lapsed = reviewed(card, 'again', at);
    expect([stateOf(lapsed), lapsed.lapses]).toEqual(['relearning', 1]);
    expect(days(at, lapsed.due)).toBeLessThan(1);
  });

  it('gives the same date for the same review', () => {
    const card = reviewed(newCard(NOW), 'good', NOW);
    expect(reviewed(card, 'hard', NOW)).toEqual(reviewed(structuredClone(card), 'hard', NOW));
  });
});

describe('days of activity', () => {
  it('are those of the time zone, each once', () => {
    const late = withActivity(NO_ACTIVITY, new Date('2026-03-01T23:50:00Z'))!;
    const both = withActivity(late, new Date('2026-03-01T18:20:00Z'))!;
    expect(activeDays(both, 'UTC')).toEqual(['2026-03-01']);
    expect(activeDays(both, 'Asia/Kathmandu')).toEqual(['2026-03-02']);
    expect(activeDays(both, 'Asia/Kolkata')).toEqual(['2026-03-01', '2026-03-02']);
    expect(activeDays(both, 'America/Lima')).toEqual(['2026-03-01']);
  });

  it('change nothing the second time in a quarter of an hour', () => {
    const once = withActivity(NO_ACTIVITY, new Date('2026-03-01T10:01:00Z'))!;
    expect(withActivity(once, new Date('2026-03-01T10:14:00Z'))).toBeUndefined();
    expect(withActivity(once, new Date('2026-03-01T10:15:00Z'))!.quarters).toHaveLength(2);
  });
});
