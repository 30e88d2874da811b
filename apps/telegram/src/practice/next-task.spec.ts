import { describe, expect, it } from '@jest/globals';
import { findTask, nextTask } from './next-task.js';
import { EXAM_PROMPTS } from '@parlance/practice';

describe('the tasks', () => {
  it('are at least thirty, each whole and with an id of its own', () => {
    expect(EXAM_PROMPTS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(EXAM_PROMPTS.map(({ id }) => id)).size).toBe(EXAM_PROMPTS.length);
    expect(new Set(EXAM_PROMPTS.map(({ question }) => question)).size).toBe(EXAM_PROMPTS.length);
    for (const { question, example, preparationSeconds, speakingSeconds } of EXAM_PROMPTS) {
      expect(question).toMatch(/[.?]$/);
      expect(example.split(' ').length).toBeGreaterThan(20);
      expect(preparationSeconds).toBeGreaterThanOrEqual(15);
      expect(speakingSeconds).toBeGreaterThanOrEqual(45);
    }
  });

  it('differ in topic from their neighbours', () => {
    const repeated = EXAM_PROMPTS.filter(({ topic }, index) => topic === EXAM_PROMPTS[index + 1]?.topic);
    expect(repeated).toEqual([]);
  });
});

describe('the next task', () => {
  const [first, second, third] = EXAM_PROMPTS as [
    (typeof EXAM_PROMPTS)[0],
    (typeof EXAM_PROMPTS)[0],
    (typeof EXAM_PROMPTS)[0],
  ];

  it('is the first one at the beginning, and then the next that was not done', () => {
    expect(nextTask(new Set(), undefined)).toBe(first);
    expect(nextTask(new Set([first.id, second.id]), first.id)).toBe(third);
  });

  it('is another one where the current one is left out, which comes again at the end', () => {
    expect(nextTask(new Set(), first.id)).toBe(second);
    const others = new Set(EXAM_PROMPTS.map(({ id }) => id).filter((id) => id !== first.id));
    expect(nextTask(others, EXAM_PROMPTS.at(-1)!.id)).toBe(first);
  });

  it('goes round when all are done', () => {
    const all = new Set(EXAM_PROMPTS.map(({ id }) => id));
    expect(nextTask(all, EXAM_PROMPTS.at(-1)!.id)).toBe(first);
    expect(nextTask(all, first.id)).toBe(second);
  });

  it('is found where the current one is of an earlier release', () => {
    expect(findTask('gone')).toBeUndefined();
    expect(nextTask(new Set(), 'gone')).toBe(first);
  });
});
