import { describe, expect, it } from '@jest/globals';
import { LEVELS, scenarioSchema } from './session.schema.js';
import { scenarioById, SCENARIOS } from './scenarios.js';

describe('the scenarios', () => {
  it('are whole, and each has an id of its own', () => {
    for (const scenario of SCENARIOS) expect(scenarioSchema.parse(scenario)).toEqual(scenario);
    expect(SCENARIOS.length).toBeGreaterThanOrEqual(12);
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
  });

  it('have goals and questions that are told apart', () => {
    for (const { goals } of SCENARIOS) {
      expect(new Set(goals.map(({ id }) => id)).size).toBe(goals.length);
      const questions = goals.flatMap((one) => one.questions);
      expect(new Set(questions).size).toBe(questions.length);
    }
  });

  it('stand in the order of their levels, from the first one to an advanced one', () => {
    const levels = SCENARIOS.map(({ level }) => LEVELS.indexOf(level));
    expect(levels).toEqual([...levels].sort((one, other) => one - other));
    expect(new Set(levels).size).toBeGreaterThanOrEqual(5);
  });

  it('are found by their id', () => {
    expect(scenarioById('bakery')?.title).toBe('Buying bread at a bakery');
    expect(scenarioById('constructor')).toBeUndefined();
  });
});
