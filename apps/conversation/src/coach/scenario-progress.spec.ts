import { describe, expect, it } from '@jest/globals';
import { seededScenario } from '../../../../test/support/catalogue-seeds.js';
import { scenarioProgress } from './scenario-progress.js';

const scenario = seededScenario('first-meeting');
const goalAfter = (...said: string[]) => scenarioProgress(scenario, said).goal?.id;

describe('the progress in a scenario', () => {
  it.each([
    ['begins with the first goal', [], 'name'],
    ['stays where nothing to the purpose is said', ['Well.'], 'name'],
    ['goes on when a key word is spoken', ['My name is Ann.'], 'origin'],
    ['goes on after two turns without one', ['Well.', 'Yes.'], 'origin'],
    ['counts the turns of each goal anew', ['My name is Ann.', 'Yes.'], 'origin'],
    ['passes several goals at once', ['My name is Ann and I am from Rome.'], 'free-time'],
    ['takes whole words only', ['My surnames are long.'], 'name'],
    ['ends', ['My name is Ann and I am from Rome.', 'I enjoy music.'], undefined],
  ])('%s', (_title, said, goal) => {
    expect(goalAfter(...said)).toBe(goal);
  });
});
