import { describe, expect, it } from '@jest/globals';
import { xoroshiro128plus } from 'pure-rand';
import type { Activity } from '@parlance/contracts';
import { ActivityWindows, MINUTE_MS, WINDOWS, type WindowName } from './activity-windows.js';

const NOW = Date.parse('2026-11-30T12:00:00.000Z');
const LATENESS_MS = 2 * MINUTE_MS;
const NAMES = Object.keys(WINDOWS) as WindowName[];
const SCORES = { fluency: 60, pace: 60, pauses: 60, soundQuality: 60, overall: 60 };

const turn = (at: number, changes: object = {}): Activity => ({
  ...{ kind: 'turn', id: `turn-${at}`, tenant: 'acme', at: new Date(at).toISOString() },
  ...{ session: '01JZ0000000000000000000000', learner: 'ada', speechMs: 6_000, scores: SCORES },
  ...changes,
});
const error = (at: number, code: string): Activity => ({
  ...{ kind: 'error', id: `error-${at}-${code}`, tenant: 'acme', at: new Date(at).toISOString() },
  ...{ code, route: 'POST /api/v1/turns' },
});

function windowsOf(activities: readonly Activity[], now = NOW): ActivityWindows {
  const windows = new ActivityWindows(LATENESS_MS);
  for (const activity of activities) windows.push(activity, now);
  return windows;
}
const allTotals = (windows: ActivityWindows) => NAMES.map((name) => windows.totals('acme', name, NOW));

describe('windows of activity', () => {
  it('count learners and sessions once, and tell minutes, means and errors', () => {
    const windows = windowsOf([
      turn(NOW - 20_000),
      turn(NOW - 10_000, { id: 'second', scores: { ...SCORES, overall: 80 } }),
      turn(NOW - 9_000, {
        id: 'third',
        learner: 'bob',
        session: '01JZ0000000000000000000001',
        scores: undefined,
      }),
      { ...turn(NOW - 8_000), kind: 'session', id: 'ended', durationMs: 90_000 } as Activity,
      error(NOW - 7_000, 'audio.empty'),
      error(NOW - 6_000, 'audio.empty'),
    ]);
    expect(windows.totals('acme', '1m', NOW)).toEqual({
      ...{ learners: 2, sessions: 2, turns: 3, minutes: 0.3, scores: { ...SCORES, overall: 70 } },
      ...{ endedSessions: 1, meanSessionSeconds: 90 },
      errors: [{ code: 'audio.empty', route: 'POST /api/v1/turns', count: 2 }],
    });
    expect(windows.totals('globex', '1h', NOW)).toMatchObject({ turns: 0, learners: 0, scores: null });
  });

  it('slide: what is older than one is in the longer ones alone, and then in none', () => {
    const windows = windowsOf([turn(NOW - 90_000), turn(NOW - 30_000), turn(NOW)]);
    expect(allTotals(windows).map(({ turns }) => turns)).toEqual([2, 3, 3]);
    expect(windows.totals('acme', '1m', NOW + 2 * MINUTE_MS).turns).toBe(0);
    expect(windows.totals('acme', '1h', NOW + 61 * MINUTE_MS).turns).toBe(0);
  });

  it('leave out doubles, what is later than the bound, and clocks that are far ahead', () => {
    const windows = windowsOf([
      turn(NOW - 1_000),
      turn(NOW - 1_000),
      turn(NOW - LATENESS_MS, { id: 'just in time' }),
      turn(NOW - LATENESS_MS - 2_000),
      turn(NOW + LATENESS_MS + 1),
    ]);
    expect(windows.outcomes).toEqual({ counted: 2, double: 1, late: 1, future: 1 });
    expect(windows.totals('acme', '1h', NOW).turns).toBe(2);
  });

  it('have the same sums whatever the order in which activities come within the bound, repeated or not', () => {
    const random = xoroshiro128plus(20_261_130);
    const below = (limit: number): number => Math.floor(((random.unsafeNext() >>> 0) / 2 ** 32) * limit);
    for (let round = 0; round < 60; round++) {
      const activities = Array.from({ length: 1 + below(80) }, (_, index): Activity => {
        const at = NOW - below(LATENESS_MS);
        if (below(4) === 0) return error(at, `code.${below(5)}`);
        const who = { learner: `l${below(6)}`, session: `01JZ000000000000000000000${below(8)}` };
        return turn(at, { id: `t${index}`, ...who, speechMs: below(9_000) });
      });
      const shuffled = [...activities, ...activities.slice(0, below(activities.length))]
        .map((activity) => ({ activity, place: below(1_000_000) }))
        .sort((one, other) => one.place - other.place)
        .map(({ activity }) => activity);
      expect(allTotals(windowsOf(shuffled))).toEqual(allTotals(windowsOf(activities)));
    }
  });

  it('hold no more than what some window reaches, and no id that would be late', () => {
    const windows = new ActivityWindows(LATENESS_MS);
    for (let at = NOW; at < NOW + 6 * 60 * MINUTE_MS; at += 1_000)
      windows.push(turn(at, { id: `${at}` }), at);
    const held = windows as unknown as {
      seen: Map<string, number>;
      tenants: Map<string, Map<number, object>>;
    };
    expect(held.seen.size).toBeLessThan((LATENESS_MS + 10_000) / 1_000);
    expect(held.tenants.get('acme')!.size).toBeLessThan(62 * 12 + 10);
  });
});
