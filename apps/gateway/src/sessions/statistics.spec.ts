import { describe, expect, it } from '@jest/globals';
import type { SessionRecord, TurnTotals } from '@parlance/persistence';
import { metricsView } from './statistics.js';

const SUMS = { fluency: 160, pace: 180, pauses: 190, soundQuality: 176, overall: 171 };
const TOTALS: TurnTotals = {
  ...{ turns: 5, spokenWords: 18, speakingMs: 4_000 },
  ...{ scoredTurns: 2, scoreSums: SUMS },
};
const SESSION = { createdAt: new Date(0) } as SessionRecord;

describe('the scores of a session', () => {
  it('are means over the turns that have them: typed ones do not count', () => {
    const { turns, scores } = metricsView(SESSION, TOTALS, new Date(1));
    expect(turns).toBe(5);
    expect(scores).toEqual({ fluency: 80, pace: 90, pauses: 95, soundQuality: 88, overall: 85.5 });
  });

  it('are null where no turn has any', () => {
    const typed = { ...TOTALS, scoredTurns: 0, scoreSums: { ...SUMS, fluency: 0 } };
    expect(metricsView(SESSION, typed, new Date(1)).scores).toBeNull();
  });
});
