import { describe, expect, it } from '@jest/globals';
import type { StoredTurn } from '../history/turn-record.js';
import { sessionFigures } from './session-figures.js';

/** A turn as far as the figures read it. */
function aTurn(id: string, parts: object): StoredTurn {
  return { id, text: `said ${id}`, assessment: null, scores: null, feedback: null, ...parts } as StoredTurn;
}

const score = (value: number) => ({ value, low: value - 5, high: value + 5 });

describe('the figures of a conversation', () => {
  const spoken = aTurn('1', {
    scores: { overall: 80, fluency: 10, pace: 90, pauses: 70, soundQuality: 50 },
    assessment: { utterance: { accuracy: score(60), fluency: score(80), prosody: null } },
  });
  const typed = aTurn('2', {
    feedback: {
      rubric: { grammar: 40, vocabulary: null },
      improved: 'I went.',
      errors: [{ text: 'goes', correction: 'went', rule: 'tense' }],
    },
  });

  it('are means of the scores that turns have, and no score where a turn has none', () => {
    const { series } = sessionFigures([spoken, typed]);
    const byLabel = Object.fromEntries(series.map(({ label, values, mean }) => [label, { values, mean }]));
    expect(byLabel).toEqual({
      'assess.accuracy': { values: [60, undefined], mean: 60 },
      // The assessment's, which has an interval, before the older one.
      'assess.fluency': { values: [80, undefined], mean: 80 },
      'score.pace': { values: [90, undefined], mean: 90 },
      'score.pauses': { values: [70, undefined], mean: 70 },
      'score.grammar': { values: [undefined, 40], mean: 40 },
    });
  });

  it('name the strongest and the weakest score, and what was wrong', () => {
    const { strongest, weakest, toMend } = sessionFigures([spoken, typed]);
    expect([strongest?.label, weakest?.label]).toEqual(['score.pace', 'score.grammar']);
    expect(toMend).toMatchObject([{ id: '2', said: 'said 2', improved: 'I went.' }]);
  });

  it('of a conversation without scores name none', () => {
    expect(sessionFigures([aTurn('1', {})])).toEqual({
      series: [],
      strongest: undefined,
      weakest: undefined,
      toMend: [],
    });
  });
});
