import { describe, expect, it } from '@jest/globals';
import { findTask, nextTask } from './next-task.js';
import { TASKS } from './tasks.data.js';

describe('the tasks', () => {
  it('are at least thirty, each whole and with an id of its own', () => {
    expect(TASKS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(TASKS.map(({ id }) => id)).size).toBe(TASKS.length);
    expect(new Set(TASKS.map(({ question }) => question)).size).toBe(TASKS.length);
    for (const { question, example, preparationSeconds, speakingSeconds } of TASKS) {
      expect(question).toMatch(/[.?]$/);
      expect(example.split(' ').length).toBeGreaterThan(20);
      expect(preparationSeconds).toBeGreaterThanOrEqual(15);
      expect(speakingSeconds).toBeGreaterThanOrEqual(45);
    }
  });

  it('differ in topic from their neighbours', () => {
    const repeated = TASKS.filter(({ topic }, index) => topic === TASKS[index + 1]?.topic);
    expect(repeated).toEqual([]);
  });
});

describe('the next task', () => {
  const [first, second, third] = TASKS as [(typeof TASKS)[0], (typeof TASKS)[0], (typeof TASKS)[0]];

  it('is the first one at the beginning, and then the next that was not done', () => {
    expect(nextTask(new Set(), undefined)).toBe(first);
    expect(nextTask(new Set([first.id, second.id]), first.id)).toBe(third);
  });

  it('is another one where the current one is left out, which comes again at the end', () => {
    expect(nextTask(new Set(), first.id)).toBe(second);
    const others = new Set(TASKS.map(({ id }) => id).filter((id) => id !== first.id));
    expect(nextTask(others, TASKS.at(-1)!.id)).toBe(first);
  });

  it('goes round when all are done', () => {
    const all = new Set(TASKS.map(({ id }) => id));
    expect(nextTask(all, TASKS.at(-1)!.id)).toBe(first);
    expect(nextTask(all, first.id)).toBe(second);
  });

  it('is found where the current one is of an earlier release', () => {
    expect(findTask('gone')).toBeUndefined();
    expect(nextTask(new Set(), 'gone')).toBe(first);
  });
});
